import { describe, expect, it } from 'vitest'
import { connectionsThatFit, descriptorsOf, streamsThatFit } from './parse-config.js'

const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units     
Max processes             63713                63713                processes 
Max open files            ${soft.padEnd(21)}1048576              files     
Max locked memory         8388608              8388608              bytes     
`

describe('the descriptors of a process', () => {
  it.each([
    ['1048576', 1_048_448, 1_048_320],
    ['1024', 896, 768],
    ['512', 384, 256],
    ['300', 172, 86],
    ['256', 128, 64],
  ])('are of %s: 128 for itself, %i for connections, and %i of these for streams', (soft, connections, streams) => {
    const descriptors = descriptorsOf(limits(soft))
    expect([connectionsThatFit(descriptors), streamsThatFit(descriptors)]).toEqual([connections, streams])
  })

  it.each([undefined, '', 'Max open files', limits('unlimited')])('are no bound where %j says nothing', (text) => {
    const descriptors = descriptorsOf(text)
    expect([connectionsThatFit(descriptors), streamsThatFit(descriptors)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
  })

  it.each(['20', '128', '130'])('leave some connections even of %s', (soft) => {
    const descriptors = descriptorsOf(limits(soft))
    expect([connectionsThatFit(descriptors), streamsThatFit(descriptors)]).toEqual([2, 1])
  })
})
