import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RedisConfig } from '../../common/config/app-config.js'
import { readSwitchOf } from '../../common/platform/node-internals.js'
import { CommandConnection } from '../../common/platform/redis.js'
import { type CutScores, parseScores } from './cut-scores.js'
import { EPOCH_KEY, missingRight, SCORES_KEY } from './missing-rights.js'

/** All that Redis holds at one moment, at which it has published the marker. */
export interface RedisCut extends CutScores {
  /** The name of the data set; null if it has none. */
  readonly epoch: string | null
}

export type CutReply =
  | { readonly kind: 'cut'; readonly cut: RedisCut }
  | { readonly kind: 'too-many-ids'; readonly ids: number }
  /** The Redis user lacks these rights. */
  | { readonly kind: 'not-permitted'; readonly missing: readonly string[] }

/** Makes cuts, and names data sets, over a connection of its own. One task at a time may use it. */
export class CutReaderService {
  private readonly connection: CommandConnection

  constructor(target: RedisConfig, refused: Set<string>) {
    this.connection = new CommandConnection(target, 'positions', refused)
  }

  /** Connects, and reconnects after each loss. `onReady` is called each time. */
  connect(onReady: () => void): void {
    this.connection.connect(onReady)
  }

  disconnect(): void {
    this.connection.disconnect()
  }

  /**
   * Reads all scores, and has Redis publish `token` on the channel at the same moment. A set of more than `maxIds` is not read.
   * @throws the error of a command, AppError ERR_REDIS_AWAY
   */
  async read(channel: string, token: string, maxIds: number): Promise<CutReply> {
    const redis = this.connection.ready
    const size = await outcomesOf([[SCORES_KEY, redis.zcard(SCORES_KEY)]])
    if (size.missing.length > 0) return { kind: 'not-permitted', missing: size.missing }
    const ids = Number(size.values[0])
    if (ids > maxIds) return { kind: 'too-many-ids', ids }

    const unpace = paceReads(redis.stream)
    try {
      // All of it is sent at once, so that the connection is in no transaction when a reply is late.
      const { missing, values } = await outcomesOf([
        ['', redis.multi({ pipeline: false })],
        [SCORES_KEY, redis.callBuffer('ZRANGE', SCORES_KEY, '0', '-1', 'WITHSCORES')],
        [EPOCH_KEY, redis.callBuffer('GET', EPOCH_KEY)],
        ['', redis.callBuffer('PUBLISH', channel, token)],
        ['', redis.callBuffer('EXEC')],
      ])
      if (missing.length > 0) return { kind: 'not-permitted', missing }
      const [scores, epoch] = membersOf(values.at(-1))
      const parsed = await parseScores(membersOf(scores), () => nextTurn())
      return { kind: 'cut', cut: { ...parsed, epoch: Buffer.isBuffer(epoch) ? epoch.toString('latin1') : null } }
    } finally {
      unpace()
    }
  }

  /**
   * The text of INFO replication.
   * @throws the error of the command, AppError ERR_REDIS_AWAY
   */
  async replication(): Promise<string> {
    return await this.connection.ready.info('replication')
  }

  /**
   * Names the data set, if it has no name or, where `from` is given, if that is its name. Returns the rights that are missing.
   * @throws the error of a command, AppError ERR_REDIS_AWAY
   */
  async nameEpoch(from: string | null, to: string): Promise<readonly string[]> {
    const redis = this.connection.ready
    if (from === null) return (await outcomesOf([[EPOCH_KEY, redis.set(EPOCH_KEY, to, 'NX')]])).missing
    const watched = await outcomesOf([
      [EPOCH_KEY, redis.watch(EPOCH_KEY)],
      [EPOCH_KEY, redis.getBuffer(EPOCH_KEY)],
    ])
    if (watched.missing.length > 0) return watched.missing
    const held = watched.values[1]
    if (!Buffer.isBuffer(held) || held.toString('latin1') !== from) return (await outcomesOf([['', redis.unwatch()]])).missing
    // EXEC does nothing where another node has named it meanwhile.
    const named = await outcomesOf([
      ['', redis.multi({ pipeline: false })],
      [EPOCH_KEY, redis.set(EPOCH_KEY, to)],
      ['', redis.callBuffer('EXEC')],
    ])
    return named.missing
  }
}

interface Outcomes {
  readonly values: readonly unknown[]
  readonly missing: readonly string[]
}

/**
 * Waits for all commands, each with its key. Returns the values, or the rights that are missing.
 * @throws the first error of another kind
 */
async function outcomesOf(commands: readonly (readonly [key: string, reply: Promise<unknown>])[]): Promise<Outcomes> {
  const settled = await Promise.allSettled(commands.map(([, reply]) => reply))
  const missing = new Set<string>()
  const values: unknown[] = []
  const failures: unknown[] = []
  for (const [index, outcome] of settled.entries()) {
    if (outcome.status === 'fulfilled') values.push(outcome.value)
    else {
      const right = missingRight(outcome.reason, commands[index]?.[0] ?? '')
      if (right === null) failures.push(outcome.reason)
      else missing.add(right)
    }
  }
  // A missing right makes EXEC fail as well.
  if (failures.length > 0 && missing.size === 0) throw failures[0]
  return { values, missing: [...missing] }
}

function membersOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) {
    const error = reply.find((member) => member instanceof Error)
    if (error !== undefined) throw error
    return reply
  }
  throw reply instanceof Error ? reply : new TypeError('Redis has replied without a list')
}

/** Lets a turn of the event loop parse one read, 64 KiB, until the returned function is called: Node may read 2 MB in a turn. */
function paceReads(socket: Socket): () => void {
  const onData = () => {
    readSwitchOf(socket)?.readStop()
    setImmediate(() => readSwitchOf(socket)?.readStart())
  }
  socket.on('data', onData)
  return () => void socket.off('data', onData)
}
