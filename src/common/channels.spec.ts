import { describe, expect, it } from 'vitest'
import { detailChannel, detailIdBytes } from './channels.js'

describe('a detail channel', () => {
  it('is the prefix and the id', () => {
    expect(detailChannel('2665')).toBe('stream.tweet_updates.2665')
  })

  it.each(['2665', '1F1EA-1F1F8', 'a.b.c', '.', 'stream.tweet_updates.x', '😂'])('gives the whole id %s back', (id) => {
    expect(Buffer.from(detailIdBytes(Buffer.from(detailChannel(id)))).toString()).toBe(id)
  })
})
