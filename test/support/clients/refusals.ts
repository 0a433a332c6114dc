import { expect } from 'vitest'
import { aClient } from '../servers/fixtures.js'
import type { ServerProcess } from '../servers/server-process.js'
import { eventually } from '../waiting/eventually.js'
import type { RawClient, RawClientOptions } from './raw-client.js'

/** Asks once, and reads the answer to its end. */
export async function refused(server: Pick<ServerProcess, 'port'>, options: RawClientOptions): Promise<RawClient> {
  const client = await aClient(server, options)
  expect(await client.ended).toEqual({ clean: true })
  await client.closed
  return client
}

/** Asks until the server accepts: a worker may refuse until the news of the other workers arrives. */
export function letIn(server: Pick<ServerProcess, 'port'>, options: RawClientOptions): Promise<RawClient> {
  return eventually('it is let in', async () => {
    const client = await aClient(server, options)
    await client.opened
    return client.head?.status === 200 ? client : undefined
  })
}

export function expectStream({ head, body }: RawClient, [min, max]: readonly [number, number]): void {
  expect(head?.status).toBe(200)
  expect(Object.fromEntries(head?.headers ?? [])).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'access-control-allow-origin': '*',
    connection: 'close',
  })
  const [, retry] = /^retry:(\d+)\n\n$/.exec(body) ?? []
  expect(Number(retry)).toBeGreaterThanOrEqual(min)
  expect(Number(retry)).toBeLessThanOrEqual(max)
}

export function expectError({ head, body }: RawClient, status: number): void {
  expect(head?.status).toBe(status)
  expect(JSON.parse(body)).toMatchObject({ statusCode: status, message: expect.any(String), error: expect.any(String) })
  expect(Number(head?.headers.get('retry-after'))).toBeGreaterThanOrEqual(5)
  expect(Number(head?.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  expect(Object.fromEntries(head?.headers ?? [])).toMatchObject({ 'access-control-allow-origin': '*', connection: 'close' })
}
