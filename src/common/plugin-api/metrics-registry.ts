import { type PrometheusContentType, Registry } from 'prom-client'

/**
 * The metrics of this process, as /metrics shows them; with workers each series gets a label `worker`. Add to it by prom-client's own classes:
 * `new Counter({ name, help, registers: [registry] })`. A name that is taken is an error; one that begins with `emojitrack_` is the server's.
 */
export class MetricsRegistry extends Registry<PrometheusContentType> {}
