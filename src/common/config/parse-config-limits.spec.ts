import { describe, expect, it } from 'vitest'
import { streamsThatFit } from './parse-config.js'

const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units     
Max processes             63713                63713                processes 
Max open files            ${soft.padEnd(21)}1048576              files     
Max locked memory         8388608              8388608              bytes     
`

describe('streamsThatFit', () => {
  it.each([
    ['20000', 19_744],
    ['1024', 768],
    ['512', 256],
    ['300', 150],
    ['256', 128],
  ])('leaves descriptors for the rest: of %s there are %i for streams', (soft, streams) => {
    expect(streamsThatFit(limits(soft))).toBe(streams)
  })

  it.each([undefined, '', 'Max open files', limits('unlimited')])('knows no bound from %j', (text) => {
    expect(streamsThatFit(text)).toBe(Number.POSITIVE_INFINITY)
  })
})
