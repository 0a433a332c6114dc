import { readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Injectable, NotFoundException } from '@nestjs/common'
import type { FastifyReply } from 'fastify'

/** The folder dist/web, which holds a folder for each page that Vite has built; relative to the compiled file. */
const ROOT = fileURLToPath(new URL('../../web/', import.meta.url))
const CACHED_FOR_A_YEAR = { 'cache-control': 'public, max-age=31536000, immutable' }

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

/** The kinds of files that a page loads. The build writes others too, such as licenses.md, which nobody loads. */
const CONTENT_TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
])

/** The content type of a JSON document that is sent as a text. */
export const JSON_TYPE = 'application/json; charset=utf-8'

export type WebPage = 'admin' | 'board'

/** The form of the file names that Vite generates. None leads out of its folder. */
const ASSET = /^\w[\w-]*(\.\w+)+$/

interface PageFile {
  readonly mtimeMs: number
  readonly bytes: Promise<Buffer>
}

/**
 * Sends the built pages and their assets from memory: all answers share their bytes, and an answer that its client does not read holds no
 * file open. A file that the build has written anew is read again. Controllers own the routes.
 */
@Injectable()
export class StaticPages {
  /** By the path below ROOT. */
  private readonly files = new Map<string, PageFile>()

  /** Sends a page, uncached: it names the assets of its own build. */
  async sendPage(page: WebPage, reply: FastifyReply): Promise<void> {
    await this.send(`${page}/index.html`, reply)
  }

  /** Sends an asset, to be cached for a year: its name holds a hash of its content. Answers 404 if there is no such file. */
  async sendAsset(page: WebPage, file: string, reply: FastifyReply): Promise<void> {
    if (!ASSET.test(file)) throw notFound(reply)
    await this.send(`${page}/assets/${file}`, reply, CACHED_FOR_A_YEAR)
  }

  private async send(path: string, reply: FastifyReply, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const contentType = CONTENT_TYPES.get(extname(path))
    const bytes = contentType && (await this.read(path))
    if (!bytes) throw notFound(reply)
    reply.headers(HEADERS).headers(headers).type(contentType).send(bytes)
  }

  /** Undefined if there is no such file. */
  private async read(path: string): Promise<Buffer | undefined> {
    try {
      const { mtimeMs } = await stat(join(ROOT, path))
      let file = this.files.get(path)
      if (file?.mtimeMs !== mtimeMs) {
        file = { mtimeMs, bytes: readFile(join(ROOT, path)) }
        this.files.set(path, file)
      }
      return await file.bytes
    } catch {
      this.files.delete(path)
      return undefined
    }
  }
}

/** A 404 with the router's own message for an unknown path. */
export const notFound = ({ request: { method, url } }: FastifyReply) => new NotFoundException(`Cannot ${method} ${url}`)
