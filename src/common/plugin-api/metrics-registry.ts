import { type PrometheusContentType, Registry } from 'prom-client'

/**
 * The metrics of this process, which /metrics shows; with workers each series gets a label `worker`. Register with prom-client's own
 * classes: `new Counter({ name, help, registers: [registry] })`. A name must be new; names that begin with `emojitrack_` are reserved for
 * the server.
 */
export class MetricsRegistry extends Registry<PrometheusContentType> {}
