import { parseRelayMessage, type RelayCounts, type RelayMessage, type RelayPayload } from './relay-message.js'

/** A worker's connection to its primary. */
export interface RelayChannel {
  post(message: RelayMessage): void
  onMessage(handler: (message: unknown) => void): void
}

type Answer = (payload: RelayPayload) => number

/**
 * Sums over all workers of this machine what each can only answer for itself, and lets each know what the others count (docs/architecture.md,
 * "Workers"). A process without workers is its own and only one.
 */
export class Relay {
  private readonly answers = new Map<string, Answer>()
  private readonly waiting = new Map<number, (value: number) => void>()
  private onOthers: (counts: RelayCounts, own: RelayCounts) => void = () => undefined
  private lastId = 0

  constructor(private readonly channel?: RelayChannel) {
    channel?.onMessage((message) => this.receive(message))
  }

  /** Registers this worker's part of a question's answer. */
  on(question: string, answer: Answer): void {
    this.answers.set(question, answer)
  }

  /** The sum of all workers' answers. A worker that doesn't answer in time counts as 0. */
  sum(question: string, payload: RelayPayload): Promise<number> {
    const { channel } = this
    if (channel === undefined) return Promise.resolve(this.own(question, payload))
    const id = ++this.lastId
    return new Promise((resolve) => {
      this.waiting.set(id, resolve)
      channel.post({ kind: 'ask', id, question, payload })
    })
  }

  /** True where there are no other workers. */
  get isAlone(): boolean {
    return this.channel === undefined
  }

  /** Has `onOthers` told how many the other workers have together, by key, and what they know of this one: all at first, then what changes. One caller. */
  watch(onOthers: (counts: RelayCounts, own: RelayCounts) => void): void {
    this.onOthers = onOthers
    this.tell({})
  }

  /** Tells the others how many this worker has now, by key; keys that haven't changed may be left out. */
  tell(counts: RelayCounts): void {
    this.channel?.post({ kind: 'counts', counts })
  }

  private receive(received: unknown): void {
    const message = parseRelayMessage(received)
    if (message?.kind === 'question') {
      this.channel?.post({ kind: 'answer', id: message.id, value: this.own(message.question, message.payload) })
    } else if (message?.kind === 'sum') {
      this.waiting.get(message.id)?.(message.value)
      this.waiting.delete(message.id)
    } else if (message?.kind === 'others') this.onOthers(message.counts, message.own)
  }

  private own(question: string, payload: RelayPayload): number {
    return this.answers.get(question)?.(payload) ?? 0
  }
}
