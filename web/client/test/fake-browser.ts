import { vi } from 'vitest'

interface LockRequest {
  readonly act: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  isHeld: boolean
}

/** Web Locks (https://www.w3.org/TR/web-locks/), as far as the client uses them: exclusive ones, in turn or by force. */
class FakeLocks {
  private readonly queues = new Map<string, LockRequest[]>()

  request(name: string, { signal, steal = false }: { signal?: AbortSignal; steal?: boolean }, act: () => unknown): Promise<unknown> {
    const queue = this.queues.get(name) ?? []
    this.queues.set(name, queue)
    return new Promise((resolve, reject) => {
      const request: LockRequest = { act, resolve, reject, isHeld: false }
      if (signal?.aborted) return reject(new Error('aborted'))
      if (steal) queue.shift()?.reject(new Error('stolen'))
      if (steal) queue.unshift(request)
      else queue.push(request)
      signal?.addEventListener('abort', () => {
        if (request.isHeld || !queue.includes(request)) return
        queue.splice(queue.indexOf(request), 1)
        reject(new Error('aborted'))
      })
      this.grant(queue)
    })
  }

  private grant(queue: LockRequest[]): void {
    queueMicrotask(async () => {
      const [first] = queue
      if (first === undefined || first.isHeld) return
      first.isHeld = true
      first.resolve(await first.act())
      if (queue[0] === first) queue.shift()
      this.grant(queue)
    })
  }
}

/** The tabs' channels: messages come later, in order, to all but their sender. */
function fakeChannels() {
  const open = new Set<FakeChannel>()
  class FakeChannel {
    onmessage: ((event: { data: unknown }) => void) | null = null

    constructor(readonly name: string) {
      open.add(this)
    }

    postMessage(message: unknown): void {
      const data: unknown = structuredClone(message)
      const others = [...open].filter((each) => each !== this && each.name === this.name)
      queueMicrotask(() => {
        for (const each of others) if (open.has(each)) each.onmessage?.({ data })
      })
    }

    close(): void {
      open.delete(this)
    }
  }
  return FakeChannel
}

/** Gives this process what the client needs of a browser, for any number of tabs. `vi.unstubAllGlobals` takes it back. */
export function stubBrowser(): void {
  vi.stubGlobal('navigator', { locks: new FakeLocks() })
  vi.stubGlobal('BroadcastChannel', fakeChannels())
  vi.stubGlobal('document', Object.assign(new EventTarget(), { hidden: false }))
  vi.stubGlobal('addEventListener', () => undefined)
}
