import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { Injectable, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** Where Vite puts the page, seen from the compiled program: dist/web/admin. */
const ROOT = fileURLToPath(new URL('../../web/admin/', import.meta.url))
const YEAR_MS = 31_536_000_000

/** The built files of the admin page. @fastify/static reads them; the routes are the controller's. */
@Injectable()
export class PageFiles implements OnModuleInit {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  async onModuleInit(): Promise<void> {
    const fastify: FastifyInstance = this.adapterHost.httpAdapter.getInstance()
    await fastify.register(fastifyStatic, { root: ROOT, serve: false, cacheControl: false })
  }

  /** The page itself names the assets of its build, so it is never cached. */
  sendPage(reply: FastifyReply): void {
    reply.sendFile('index.html')
  }

  /** Its name holds a hash of what is in it, so it never changes. Answers 404 where there is no such file. */
  sendAsset(file: string, reply: FastifyReply): void {
    reply.sendFile(`assets/${file}`, { cacheControl: true, maxAge: YEAR_MS, immutable: true })
  }
}
