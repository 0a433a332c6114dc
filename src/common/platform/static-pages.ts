import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { Injectable, NotFoundException, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** The folder dist/web, which holds a folder for each page that Vite has built; relative to the compiled file. */
const ROOT = fileURLToPath(new URL('../../web/', import.meta.url))
const YEAR_MS = 31_536_000_000

/**
 * A page loads nothing from other origins and runs nothing inline. No script may turn text into markup (trusted types without a policy),
 * so posts, user agents and paths can't become markup.
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

/** The form of the file names that Vite generates. None leads out of its folder. */
const ASSET = /^\w[\w-]*(\.\w+)+$/

/** The content type of a JSON document that is sent as a text. */
export const JSON_TYPE = 'application/json; charset=utf-8'

export type WebPage = 'admin' | 'board'

/** Sends the built pages and their assets, which @fastify/static reads. Controllers own the routes. */
@Injectable()
export class StaticPages implements OnModuleInit {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  async onModuleInit(): Promise<void> {
    const fastify: FastifyInstance = this.adapterHost.httpAdapter.getInstance()
    await fastify.register(fastifyStatic, { root: ROOT, serve: false, cacheControl: false })
  }

  /** Sends a page, uncached: it names the assets of its own build. */
  sendPage(page: WebPage, reply: FastifyReply): void {
    reply.headers(HEADERS).sendFile(`${page}/index.html`)
  }

  /** Sends an asset, to be cached for a year: its name holds a hash of its content. Answers 404 if there is no such file. */
  sendAsset(page: WebPage, file: string, reply: FastifyReply): void {
    if (!ASSET.test(file)) throw notFound(reply)
    reply.headers(HEADERS).sendFile(`${page}/assets/${file}`, { cacheControl: true, maxAge: YEAR_MS, immutable: true })
  }
}

/** A 404 with the router's own message for an unknown path. */
export const notFound = ({ request: { method, url } }: FastifyReply) => new NotFoundException(`Cannot ${method} ${url}`)
