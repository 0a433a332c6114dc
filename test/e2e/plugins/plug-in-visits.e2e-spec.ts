import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { aLiveServer, openClient } from '../../support/servers/fixtures.js'
import { afterOpening } from '../../support/wire/opening.js'

const STREAMER_MODULES = fileURLToPath(new URL('../../fixtures/visits-plug-in.mjs', import.meta.url))

it('an update that a plug-in emits because a stream opens comes behind the head of that stream', async () => {
  const { server } = await aLiveServer({ STREAMER_MODULES })
  const raw = await openClient(server, { path: '/subscribe/raw' })
  await raw.until('its own arrival', ({ frames }) => frames > 0)
  expect(raw.head?.status).toBe(200)
  expect(afterOpening(raw.body)).toBe('data:CAME\n\n')
})
