import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { Injectable, NotFoundException, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** Where Vite puts the pages, a folder each, seen from the compiled program: dist/web. */
const ROOT = fileURLToPath(new URL('../../web/', import.meta.url))
const YEAR_MS = 31_536_000_000

/**
 * A page loads nothing foreign and runs nothing inline; what comes from outside, posts, user agents and paths, can't become markup, for no script
 * may make markup from text at all (trusted types without a policy).
 */
const HEADERS = {
  'content-security-policy': [
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** The names that Vite gives: none leads out of its folder. */
const ASSET = /^\w[\w-]*(\.\w+)+$/

export type WebPage = 'admin' | 'board'

/** The built pages and their assets. @fastify/static reads them; the routes are the controllers'. */
@Injectable()
export class StaticPages implements OnModuleInit {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  async onModuleInit(): Promise<void> {
    const fastify: FastifyInstance = this.adapterHost.httpAdapter.getInstance()
    await fastify.register(fastifyStatic, { root: ROOT, serve: false, cacheControl: false })
  }

  /** The page itself names the assets of its build, so it is never cached. */
  sendPage(page: WebPage, reply: FastifyReply): void {
    reply.headers(HEADERS).sendFile(`${page}/index.html`)
  }

  /** Its name holds a hash of what is in it, so it never changes. Answers 404 where there is no such file. */
  sendAsset(page: WebPage, file: string, reply: FastifyReply): void {
    if (!ASSET.test(file)) throw notFound(reply)
    reply.headers(HEADERS).sendFile(`${page}/assets/${file}`, { cacheControl: true, maxAge: YEAR_MS, immutable: true })
  }
}

/** In the words of the router, which knows no such path either. */
export const notFound = ({ request: { method, url } }: FastifyReply) => new NotFoundException(`Cannot ${method} ${url}`)
