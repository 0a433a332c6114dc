import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { aLiveServer, openClient } from '../../support/servers/fixtures.js'

const STREAMER_MODULES = fileURLToPath(new URL('../../fixtures/visits-plug-in.mjs', import.meta.url))

it('an update that a plug-in emits because a stream opens comes behind the head of that stream', async () => {
  const { server } = await aLiveServer({ STREAMER_MODULES })
  const raw = await openClient(server, { path: '/subscribe/raw' })
  await raw.until('its own arrival', ({ frames }) => frames > 0)
  expect(raw.head?.status).toBe(200)
  expect(raw.body).toBe(':ok\n\ndata:CAME\n\n')
})
