import type { RelayMessage } from '../../../src/common/relay/relay.js'

/** A worker that answers when the test says so. */
export class FakeWorker {
  readonly got: RelayMessage[] = []
  isBusy = false

  post(message: RelayMessage): void {
    this.got.push(message)
  }

  /** The questions put to it. */
  get questions() {
    return this.got.flatMap((message) => (message.kind === 'question' ? [message] : []))
  }

  get replies() {
    return this.got.filter(({ kind }) => kind === 'answers')
  }
}
