/** The state of a replica, by INFO replication. */
interface ReplicaState {
  readonly isLinked: boolean
  /** The name of the stream of commands that it follows. */
  readonly stream: string
  readonly offset: number
  /** The offset of the oldest command that it has in memory. A full resynchronisation begins with none. */
  readonly backlogStart: number
}

/**
 * Notices that a Redis which is a replica may have taken data in bulk. A full resynchronisation brings scores without a message for each
 * update, and the connections of subscribers stay open.
 */
export class ReplicaWatch {
  private last: ReplicaState | 'master' | null = null
  private wasDown = false

  /** Takes the text of INFO replication. Returns whether messages may have been lost since the last look, and the link is up. */
  look(info: string): boolean {
    const state = stateOf(info)
    const { last } = this
    this.last = state
    const isDown = state !== 'master' && !state.isLinked
    const isSuspect = !isDown && state !== 'master' && (this.wasDown || last === 'master' || (last !== null && hasJumped(last, state)))
    this.wasDown = isDown
    return isSuspect
  }
}

/** True if the commands between the two states did not all come as a stream, or are more than the replica has in memory. */
const hasJumped = (before: ReplicaState, now: ReplicaState): boolean =>
  now.stream !== before.stream || now.offset < before.offset || now.backlogStart > before.offset + 1

function stateOf(info: string): ReplicaState | 'master' {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\s*$`, 'm').exec(info)?.[1]
  if (field('role') !== 'slave') return 'master'
  return {
    isLinked: field('master_link_status') === 'up' && field('master_sync_in_progress') !== '1',
    stream: field('master_replid') ?? '',
    offset: Number(field('slave_repl_offset') ?? 0),
    backlogStart: Number(field('repl_backlog_first_byte_offset') ?? 0),
  }
}
