import { EventSource } from 'eventsource'
import { onTestFinished } from 'vitest'

/** The unnamed messages of an event source, parsed, as they come. */
export interface JsonSource<T> {
  readonly messages: readonly T[]
  readonly latest: T | undefined
}

/** An open event source of JSON documents, which ends with the test. The caller names their type. */
export async function aJsonSource<T>(url: string, read: (document: unknown) => T): Promise<JsonSource<T>> {
  const source = new EventSource(url)
  onTestFinished(() => source.close())
  const messages: T[] = []
  source.addEventListener('message', ({ data }) => messages.push(read(JSON.parse(data))))
  await new Promise((resolve, reject) => {
    source.addEventListener('open', resolve, { once: true })
    source.addEventListener('error', ({ message }) => reject(new Error(`${url}: ${message}`)), { once: true })
  })
  return {
    messages,
    get latest() {
      return messages.at(-1)
    },
  }
}
