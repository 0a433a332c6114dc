import { PayloadTooLargeException } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'

const CLEANUP = '/subscribe/cleanup/'
/** What the cleanup requests are taken to send, whatever they say: nobody else's type. */
const IGNORED = 'application/x-ignored'
const MAX_BYTES = 1024

/**
 * Lets the cleanup requests carry any body of at most 1 KB under any content type, or a malformed one, and ignores it: they say everything in their
 * URL, and browsers send them while a page unloads, as a beacon, in whatever form. Fastify chooses a parser by the content type alone.
 */
export function ignoreCleanupBodies(instance: FastifyInstance): void {
  instance.addContentTypeParser(IGNORED, (_request, payload, done) => {
    let bytes = 0
    payload.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BYTES) return
      payload.removeAllListeners('data').removeAllListeners('end').pause()
      done(new PayloadTooLargeException(`a cleanup takes a body of ${MAX_BYTES} bytes at most, and ignores it`))
    })
    payload.on('end', () => done(null))
  })
  instance.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.url?.startsWith(CLEANUP)) request.headers = { 'content-type': IGNORED }
    done()
  })
}
