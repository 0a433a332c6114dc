import type { FastifyRequest } from 'fastify'

/** The client's address, bare: an IPv4 one as such also where it came over an IPv6 socket; "" once the client has gone, whatever the type says. */
export const clientIpOf = (request: FastifyRequest): string => (request.ip ?? '').replace(/^::ffff:/, '')
