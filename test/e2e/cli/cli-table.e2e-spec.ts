import { describe, expect, it } from 'vitest'
import type { Child } from '../../support/servers/child.js'
import { aChild, CLI } from '../../support/servers/cli.js'
import { aLiveServer, aServer } from '../../support/servers/fixtures.js'
import { eventually } from '../../support/waiting/eventually.js'

/** The second screen, without cursor and line wrap; and the end of it. */
const OPENED = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const CLOSED = '\x1b[?7h\x1b[?25h\x1b[?1049l'
/** The line that the shell prints when the table is stopped. */
const STOPPED = 'the shell is back'

/** Runs it in a terminal of this size, without a shell; the lines before its own tell the terminal's name and its process id. */
async function inTerminal(args: string, rows: number, columns: number): Promise<Child> {
  return await aTerminal(`tty; echo pid $$; stty rows ${rows} cols ${columns}; exec "${process.execPath}" "${CLI}" ${args}`)
}

/** Runs it as a job of a shell in a terminal: each of two times that it is stopped, the shell prints a line and continues it. */
async function asJob(args: string): Promise<Child> {
  const job = `sh -c 'echo pid $$; exec "${process.execPath}" "${CLI}" ${args}'`
  return await aTerminal(['set -m', job, `echo ${STOPPED}`, 'fg', `echo ${STOPPED}`, 'fg'].join('; '))
}

async function aTerminal(command: string): Promise<Child> {
  return await aChild('script', ['-qefc', command, '/dev/null'], { TERM: 'xterm', SHELL: '/bin/sh' })
}

/** The last complete drawing, line by line, without escape sequences. */
function pictureOf(terminal: Child): string[] {
  const drawings = terminal.printed.split('\x1b[H').slice(1)
  const last = drawings.findLast((drawing) => drawing.includes('\x1b[J')) ?? ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression removes them
  return (last.split('\x1b[J')[0] ?? '').replace(/\x1b\[(\d*)[A-Z]/g, (_, at) => (at === '' ? '' : ' ')).split(/\r+\n/)
}

describe('tail, in a terminal', () => {
  it('shows the emoji that came most, fits its size, and gives the terminal back', async () => {
    const { server, feeder } = await aLiveServer()
    const terminal = await inTerminal(`tail --server ${server.url} --top 3`, 10, 70)
    await eventually('it is open', () => pictureOf(terminal)[0]?.includes('open'))
    for (const id of ['2665', '1F602', '2665', '1F60D', '2665', '1F602', '1F60D', '1F602', '1F602']) await feeder.update(id)
    await eventually('the counts', () => pictureOf(terminal)[0]?.startsWith('9 updates'))
    const [title, head, ...rows] = pictureOf(terminal)
    expect(title).toMatch(/^9 updates, [\d.]+\/s · open · http:\S+$/)
    expect(head).toMatch(/^ {2}# +name +count +per s$/)
    expect(rows.map((row) => row.trim().split(/ {2,}/).slice(0, -1))).toEqual([
      [expect.stringMatching(/^1 😂 face with tears of joy$/), '4'],
      [expect.stringMatching(/^2 ♥️ heart suit$/), '3'],
      [expect.stringMatching(/^3 😍 smiling face with heart-eyes$/), '2'],
    ])

    const [, tty = ''] = /^(\/dev\/\S+)/.exec(terminal.printed) ?? []
    const pid = Number(/pid (\d+)/.exec(terminal.printed)?.[1])
    await (await aChild('stty', ['-F', tty, 'rows', '5', 'cols', '44'])).exited
    await eventually('two rows are left', () => pictureOf(terminal).length === 4)
    expect(pictureOf(terminal)[0]).toHaveLength(43)
    await (await aChild('stty', ['-F', tty, 'rows', '1'])).exited
    await eventually('the title is left', () => pictureOf(terminal).length === 1)

    process.kill(pid, 'SIGINT')
    expect((await terminal.exited).code).toBe(0)
    const [, after] = terminal.printed.split(CLOSED)
    expect(terminal.printed).toContain(OPENED)
    expect(after).toContain('9 updates')
    expect(after).toContain('smiling face')
  })

  it('gives the terminal back while it is stopped, and draws again when it continues', async () => {
    const server = await aServer({})
    const terminal = await asJob(`tail --server ${server.url}`)
    await eventually('it is open', () => pictureOf(terminal)[0]?.includes('open'))
    const pid = Number(/pid (\d+)/.exec(terminal.printed)?.[1])
    for (const time of [1, 2]) {
      process.kill(pid, 'SIGTSTP')
      await eventually('the table is back', () => terminal.printed.split(CLOSED)[time]?.split(OPENED).at(-1)?.includes('updates'))
      expect(terminal.printed.split(CLOSED)[time]?.split(OPENED)[0]).toContain(STOPPED)
    }
    process.kill(pid, 'SIGINT')
    expect((await terminal.exited).code).toBe(0)
  })

  it('continues by itself after a stop without a shell that could continue it', async () => {
    const server = await aServer({})
    const terminal = await inTerminal(`tail --server ${server.url}`, 24, 80)
    await eventually('it is open', () => pictureOf(terminal)[0]?.includes('open'))
    const pid = Number(/pid (\d+)/.exec(terminal.printed)?.[1])
    for (const time of [1, 2]) {
      process.kill(pid, 'SIGTSTP')
      await eventually('the table is back', () => terminal.printed.split(CLOSED)[time]?.split(OPENED)[1]?.includes('updates'))
    }
    process.kill(pid, 'SIGINT')
    expect((await terminal.exited).code).toBe(0)
  })

  it('escapes ids from outside', async () => {
    const { server, feeder } = await aLiveServer()
    const terminal = await inTerminal(`tail --server ${server.url} --stream raw`, 24, 80)
    await eventually('it is open', () => pictureOf(terminal)[0]?.includes('open'))
    await feeder.update('evil\u202e\u2028')
    await eventually('its row', () => pictureOf(terminal)[2]?.includes('evil\\u202e\\u2028'))
    expect(terminal.printed).not.toContain('\u202e')
  })
})
