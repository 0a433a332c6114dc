import { get } from 'node:http'

/**
 * Opens an event stream, hangs up at its first message, and returns how many messages it has seen by then. As eventsource 1 does, it goes
 * on with the piece at hand after it has hung up, so that a second message in the first piece is seen.
 */
export function firstMessages(url: URL): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      let unread = ''
      let messages = 0
      response.setEncoding('utf8').on('data', (piece: string) => {
        const frames = (unread + piece).split('\n\n')
        unread = frames.pop() ?? ''
        messages += frames.filter((frame) => /^data:/m.test(frame)).length
        if (messages > 0) request.destroy()
      })
      // The hang-up counts as an error of the response.
      response.on('error', () => undefined)
      response.on('close', () => resolve(messages))
    })
    request.on('error', reject)
  })
}
