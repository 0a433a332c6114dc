import { make, setText, setTone, type Tone } from '../../shared/dom.js'
import { formatMs, formatSeconds, formatWhole, orMissing } from '../../shared/format.js'
import type { Reading } from './reading.js'

const SOURCES: Readonly<Record<string, string>> = { redis: 'Redis', demo: 'Demo feed', none: 'Source' }
const INGEST_TONES: Readonly<Record<string, Tone>> = { ready: 'good', connecting: 'bad', silent: 'bad', stopped: 'warn' }

/** The facts about the node in words, beside its charts. */
export class Facts {
  private readonly ingestTerm = make('dt', '', 'Source')
  private readonly ingest = make('dd', 'pill')
  private readonly heard = make('dd', '')
  private readonly state = make('dd', 'pill')
  private readonly uptime = make('dd', '')
  private readonly failures = make('dd', '')

  constructor(host: HTMLElement) {
    const rows = [
      [make('dt', '', 'Node'), this.state],
      [this.ingestTerm, this.ingest],
      [make('dt', '', 'Last heard'), this.heard],
      [make('dt', '', 'Up'), this.uptime],
      [make('dt', '', 'Internal failures'), this.failures],
    ] as const
    host.append(...rows.map((row) => make('div', 'fact', ...row)))
  }

  update({ state, ingest, uptimeS, handlerFailures }: Reading): void {
    setText(this.state, state)
    setTone(this.state, state === 'serving' ? 'good' : 'warn')
    setText(this.ingestTerm, SOURCES[ingest.source] ?? ingest.source)
    setText(this.ingest, ingest.lastError === '' || ingest.state === 'ready' ? ingest.state : `${ingest.state}: ${ingest.lastError}`)
    setTone(this.ingest, INGEST_TONES[ingest.state] ?? 'idle')
    setText(this.heard, ingest.silentMs === null ? 'never' : `${formatMs(ingest.silentMs)} ago`)
    setText(this.uptime, orMissing(uptimeS, formatSeconds))
    setText(this.failures, orMissing(handlerFailures, formatWhole))
  }
}
