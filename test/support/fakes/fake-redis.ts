import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { freePort } from '../servers/free-port.js'

/** The reply to a command, whose name is in upper case. Undefined is the usual reply. */
export type Reply = (command: readonly string[], socket: Socket) => string | undefined

const INFO = '# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n'

export const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
export const array = (...parts: readonly string[]): string => `*${parts.length}\r\n${parts.join('')}`

/** The reply of a healthy Redis to SUBSCRIBE or PSUBSCRIBE of these names. */
export const acknowledgement = ([name = '', ...channels]: readonly string[]): string =>
  channels.map((channel, index) => array(bulk(name.toLowerCase()), bulk(channel), `:${index + 1}\r\n`)).join('')

/** A server that speaks RESP2 without HELLO, and answers some commands as a test wants it. It ends with the test. */
export class FakeRedis {
  /** The commands so far, by name. */
  readonly commands = new Map<string, number>()
  private readonly subscribers = new Set<Socket>()

  private constructor(
    readonly port: number,
    private readonly reply: Reply,
  ) {}

  static async start(reply: Reply = () => undefined): Promise<FakeRedis> {
    const fake = new FakeRedis(await freePort(), reply)
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      fake.serve(socket)
    })
    onTestFinished(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    server.listen(fake.port, '127.0.0.1')
    await once(server, 'listening')
    return fake
  }

  /** Sends a message of a channel to each connection that has subscribed to anything. */
  publish(channel: string, data: string): void {
    for (const socket of this.subscribers) socket.write(array(bulk('message'), bulk(channel), bulk(data)))
  }

  private serve(socket: Socket): void {
    let unread = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      unread += text
      for (;;) {
        const [command, rest] = takeCommand(unread)
        if (command === null) return
        unread = rest
        if (!socket.destroyed) socket.write(this.answer(command, socket), 'latin1')
      }
    })
    socket.on('error', () => undefined).on('close', () => this.subscribers.delete(socket))
  }

  private answer(command: readonly string[], socket: Socket): string {
    const [name = ''] = command
    this.commands.set(name, (this.commands.get(name) ?? 0) + 1)
    const reply = this.reply(command, socket)
    if (reply !== undefined) return reply
    if (name === 'SUBSCRIBE' || name === 'PSUBSCRIBE') {
      this.subscribers.add(socket)
      return acknowledgement(command)
    }
    if (name === 'INFO') return bulk(INFO)
    if (name === 'PING') return this.subscribers.has(socket) ? array(bulk('pong'), bulk('')) : '+PONG\r\n'
    return name === 'HELLO' ? "-ERR unsupported command 'hello'\r\n" : ':1\r\n'
  }
}

/** The first whole command of a text, and what follows it; null if it is not whole. */
function takeCommand(text: string): [command: string[] | null, rest: string] {
  const [head, count] = /^\*(\d+)\r\n/.exec(text) ?? []
  if (head === undefined) return [null, text]
  const parts: string[] = []
  let at = head.length
  while (parts.length < Number(count)) {
    const [length, bytes] = /^\$(\d+)\r\n/.exec(text.slice(at, at + 16)) ?? []
    if (length === undefined) return [null, text]
    const start = at + length.length
    at = start + Number(bytes) + 2
    if (text.length < at) return [null, text]
    parts.push(text.slice(start, at - 2))
  }
  const [name = '', ...args] = parts
  return [[name.toUpperCase(), ...args], text.slice(at)]
}
