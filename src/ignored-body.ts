import type { FastifyInstance } from 'fastify'

const CLEANUP = '/subscribe/cleanup/'
/** What the cleanup requests are taken to send, whatever they say: nobody else's type. */
const IGNORED = 'application/x-ignored'
const MAX_BYTES = 1024

/**
 * Lets the cleanup requests carry any body of at most 1 KB under any content type, or a malformed one, and ignores it: they say everything in their
 * path, and browsers send them while a page unloads, as a beacon, in whatever form. Fastify chooses a parser by the content type alone.
 */
export function ignoreCleanupBodies(instance: FastifyInstance): void {
  instance.addContentTypeParser(IGNORED, { parseAs: 'buffer', bodyLimit: MAX_BYTES }, (_request, _body, done) => done(null))
  instance.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.url?.startsWith(CLEANUP)) request.headers = { 'content-type': IGNORED }
    done()
  })
}
