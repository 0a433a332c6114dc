import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/parse-config.js'
import { AdminAccess, type Admission } from './admin-access.js'

const TOKEN = 'correct-horse-battery'

const accessOf = (variables: Record<string, string>) =>
  new AdminAccess(
    parseConfig({ REDIS_URL: 'redis://host', ...variables }, { hostname: 'box', cores: 1, worker: null, readText: () => undefined }),
  )

const NOBODY = { headers: {} }
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

describe('without a token', () => {
  it.each<[string, Record<string, string>, Admission]>([
    ['development is open', {}, 'open'],
    ['an environment of any other name is open', { NODE_ENV: 'test' }, 'open'],
    ['production is closed', { NODE_ENV: 'production' }, 'closed'],
    ['staging is closed', { NODE_ENV: 'staging' }, 'closed'],
    ['production is open where that is asked for', { NODE_ENV: 'production', ADMIN_PUBLIC: 'true' }, 'open'],
  ])('%s', (_what, variables, admission) => {
    const access = accessOf(variables)
    for (const request of [NOBODY, bearer(TOKEN)]) {
      expect(access.admit(request)).toBe(admission)
      expect(access.isAuthorised(request)).toBe(admission === 'open')
    }
  })
})

describe.each([{}, { NODE_ENV: 'production' }, { NODE_ENV: 'production', ADMIN_PUBLIC: 'true' }])('with a token and %o', (variables) => {
  const access = accessOf({ ...variables, ADMIN_TOKEN: TOKEN })

  it('opens to who presents it', () => {
    expect(access.admit(bearer(TOKEN))).toBe('open')
    const pair = Buffer.from(`anybody:${TOKEN}`).toString('base64')
    expect(access.admit({ headers: { authorization: `Basic ${pair}` } })).toBe('open')
  })

  it.each([NOBODY, bearer(''), bearer(`${TOKEN}x`), bearer(TOKEN.slice(0, -1)), bearer(TOKEN.toUpperCase())])('asks %o', (request) => {
    expect(access.admit(request)).toBe('ask')
    expect(access.isAuthorised(request)).toBe(false)
  })
})
