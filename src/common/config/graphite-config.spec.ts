import { describe, expect, it } from 'vitest'
import { type GraphiteEnv, graphiteConfig, parseGraphiteUrl } from './graphite-config.js'

const KEY = '8225bb1a-key'
const NODE = { hostname: 'box.example.com', worker: null, isProtected: false }
const configOf = (env: Partial<GraphiteEnv>, node: Partial<typeof NODE> | { worker: number } = {}) =>
  graphiteConfig({ GRAPHITE_MS: 10_000, ...env }, { ...NODE, ...node })
const pathOf = (env: Partial<GraphiteEnv>, node = {}) => configOf({ GRAPHITE_URL: 'tcp://carbon', ...env }, node)?.path

describe('graphiteConfig', () => {
  it('is null where neither URL nor key is given', () => {
    expect(configOf({ GRAPHITE_PREFIX: 'p' }, { isProtected: true })).toBeNull()
  })

  it('takes a key alone for Hosted Graphite, in a protected environment only', () => {
    const hosted = { protocol: 'udp', host: 'carbon.hostedgraphite.com', port: 2003, path: `${KEY}.box_example_com`, periodMs: 10_000 }
    expect(configOf({ HOSTEDGRAPHITE_APIKEY: KEY }, { isProtected: true })).toEqual(hosted)
    expect(configOf({ HOSTEDGRAPHITE_APIKEY: KEY })).toBeNull()
  })

  it.each([true, false])('takes a URL everywhere, with or without a key (protected: %s)', (isProtected) => {
    const target = { protocol: 'tcp', host: 'carbon', port: 2003, periodMs: 10_000 }
    expect(configOf({ GRAPHITE_URL: 'tcp://carbon' }, { isProtected })).toEqual({ ...target, path: 'emojitrack.box_example_com' })
    expect(configOf({ GRAPHITE_URL: 'tcp://carbon', HOSTEDGRAPHITE_APIKEY: KEY }, { isProtected })).toEqual({
      ...target,
      path: `${KEY}.box_example_com`,
    })
  })

  it('begins the path with the key, else the prefix, which may have several segments', () => {
    expect(pathOf({ GRAPHITE_PREFIX: 'servers.streamer' })).toBe('servers.streamer.box_example_com')
    expect(pathOf({ GRAPHITE_PREFIX: 'servers.streamer', HOSTEDGRAPHITE_APIKEY: KEY })).toBe(`${KEY}.box_example_com`)
  })

  it('names the host by DYNO unchanged, else by the host name with underscores for dots', () => {
    expect(pathOf({ DYNO: 'web.1' })).toBe('emojitrack.web.1')
    expect(pathOf({})).toBe('emojitrack.box_example_com')
  })

  it('distinguishes workers', () => {
    expect(pathOf({ DYNO: 'web.1' }, { worker: 2 })).toBe('emojitrack.web.1.worker-2')
    expect(pathOf({}, { worker: 1 })).toBe('emojitrack.box_example_com.worker-1')
  })

  it.each([
    ['a b\nc', 'a_b_c'],
    ['../../etc/passwd', '_._etc_passwd'],
    ['.a..b.', 'a.b'],
    ['x;tag=1{*}?[~]', 'x_tag_1_______'],
    ['naïve.😂', 'na_ve._'],
    ['...', null],
  ])('keeps letters, digits, _ and - of %j, and segments that hold something', (text, path) => {
    expect(pathOf({ GRAPHITE_PREFIX: text, DYNO: 'd' })).toBe(`${path ?? 'emojitrack'}.d`)
    expect(pathOf({ HOSTEDGRAPHITE_APIKEY: text, DYNO: 'd' })).toBe(`${path ?? 'emojitrack'}.d`)
    expect(pathOf({ DYNO: text })).toBe(`emojitrack.${path ?? 'box_example_com'}`)
  })
})

describe('parseGraphiteUrl', () => {
  it.each([
    ['tcp://carbon', 'tcp', 'carbon', 2003],
    ['udp://carbon.example.com:2103/', 'udp', 'carbon.example.com', 2103],
    ['TCP://10.0.0.1:1', 'tcp', '10.0.0.1', 1],
    ['udp://[::1]:65535', 'udp', '::1', 65_535],
    ['tcp://graphite_relay', 'tcp', 'graphite_relay', 2003],
  ])('reads %s', (text, protocol, host, port) => {
    expect(parseGraphiteUrl(text)).toEqual({ protocol, host, port })
  })

  it.each([
    'carbon:2003',
    'http://carbon',
    'tcp://',
    'tcp://:2003',
    'tcp://user:pw@carbon',
    'tcp://carbon/path',
    'tcp://carbon?x=1',
    'tcp://carbon:0',
    'tcp://carbon:65536',
    'tcp://carbon:port',
    'tcp://car bon',
    'tcp://::1',
    'tcp://carbon\n',
  ])('refuses %j', (text) => {
    expect(parseGraphiteUrl(text)).toBeNull()
  })
})
