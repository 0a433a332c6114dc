import { make, setText, setTone, type Tone } from '../../shared/dom.js'
import { formatMs, formatSeconds, formatWhole, MISSING, orMissing } from '../../shared/format.js'
import { modeLabel, type NodePositions } from './positions.js'
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
  private readonly positions = make('dd', 'pill')
  private readonly position = make('dd', '')
  private readonly healed = make('dd', '')
  private readonly resumed = make('dd', '')

  constructor(host: HTMLElement) {
    const rows = [
      [make('dt', '', 'Node'), this.state],
      [this.ingestTerm, this.ingest],
      [make('dt', '', 'Last heard'), this.heard],
      [make('dt', '', 'Up'), this.uptime],
      [make('dt', '', 'Internal failures'), this.failures],
      [make('dt', '', 'Positions'), this.positions],
      [make('dt', '', 'Epoch and position'), this.position],
      [make('dt', '', 'Healed'), this.healed],
      [make('dt', '', 'Resumed'), this.resumed],
    ] as const
    host.append(...rows.map((row) => make('div', 'fact', ...row)))
  }

  update({ state, ingest, uptimeS, handlerFailures, positions, resumes }: Reading): void {
    setText(this.state, state)
    setTone(this.state, state === 'serving' ? 'good' : 'warn')
    setText(this.ingestTerm, SOURCES[ingest.source] ?? ingest.source)
    setText(this.ingest, ingest.lastError === '' || ingest.state === 'ready' ? ingest.state : `${ingest.state}: ${ingest.lastError}`)
    setTone(this.ingest, INGEST_TONES[ingest.state] ?? 'idle')
    setText(this.heard, ingest.silentMs === null ? 'never' : `${formatMs(ingest.silentMs)} ago`)
    setText(this.uptime, orMissing(uptimeS, formatSeconds))
    setText(this.failures, orMissing(handlerFailures, formatWhole))
    this.showPositions(positions)
    const begunAnew = resumes.reset === null || resumes.reset === 0 ? '' : `, ${formatWhole(resumes.reset)} begun anew`
    setText(this.resumed, orMissing(resumes.served, formatWhole) + begunAnew)
  }

  private showPositions(positions: NodePositions | null): void {
    const { text, tone } = positions === null ? ({ text: MISSING, tone: 'idle' } as const) : modeLabel(positions)
    setText(this.positions, text)
    setTone(this.positions, tone)
    setText(this.position, positions === null ? MISSING : `${positions.epoch} ${orMissing(positions.position, formatWhole)}`)
    setText(this.healed, orMissing(positions?.healed ?? null, formatWhole))
  }
}
