import { type Fields, isFields, numberOf, objectOf, textOf } from '../../shared/fields.js'
import { type NodePositions, positionsIn } from './positions.js'

/** One document of `/admin/live`. A figure that the server did not give is null. */
export interface Reading {
  readonly node: string
  readonly state: string
  /** Unix seconds, with a fraction. */
  readonly atS: number
  readonly uptimeS: number | null
  readonly figures: Figures
  /** Open streams of each namespace of a plug-in, in alphabetical order. */
  readonly plugIns: readonly (readonly [namespace: string, streams: number])[]
  readonly roundLagMs: number | null
  readonly bufferedBytes: number | null
  readonly conflated: number | null
  readonly closedSlow: number | null
  readonly refused: number | null
  readonly handlerFailures: number | null
  readonly ingest: { readonly source: string; readonly state: string; readonly silentMs: number | null; readonly lastError: string }
  readonly positions: NodePositions | null
  /** Streams that gave an event id: those that went on from it, and those that began anew. */
  readonly resumes: { readonly served: number | null; readonly reset: number | null }
}

/** The figures that the charts draw. Each is a column of the window. */
export const FIGURES = [
  'updates',
  'frames',
  'bytes',
  'flushes',
  'rounds',
  'slow',
  'streams',
  'eps',
  'raw',
  'details',
  'kiosk',
  'plugIns',
] as const
/** The kinds of the server's built-in streams. */
const OWN_KINDS: readonly string[] = ['eps', 'raw', 'details', 'kiosk_interaction']

export type Figure = (typeof FIGURES)[number]
export type Figures = Readonly<Record<Figure, number | null>>

/** Returns null if the text is not such a document. */
export function readingOf(json: string): Reading | null {
  const document = parse(json)
  if (!isFields(document)) return null
  const atMs = numberOf(document, 'reported_at_ms')
  if (atMs === null) return null
  const ingest = objectOf(document, 'ingest')
  const plugIns = plugInsOf(objectOf(document, 'streams'))
  const resumes = objectOf(document, 'resumes')
  return {
    node: textOf(document, 'node'),
    state: textOf(document, 'state'),
    atS: atMs / 1000,
    uptimeS: numberOf(document, 'uptime_s'),
    figures: { ...figuresOf(document), plugIns: plugIns.length === 0 ? null : plugIns.reduce((sum, [, streams]) => sum + streams, 0) },
    plugIns,
    roundLagMs: numberOf(document, 'round_lag_ms'),
    bufferedBytes: numberOf(document, 'buffered_bytes'),
    conflated: numberOf(document, 'conflated'),
    closedSlow: numberOf(document, 'closed_slow'),
    refused: numberOf(document, 'refused'),
    handlerFailures: numberOf(document, 'handler_failures'),
    ingest: {
      source: textOf(ingest, 'source'),
      state: textOf(ingest, 'state'),
      silentMs: numberOf(ingest, 'silent_ms'),
      lastError: textOf(ingest, 'last_error'),
    },
    positions: positionsIn(document),
    resumes: { served: numberOf(resumes, 'served'), reset: numberOf(resumes, 'reset') },
  }
}

function plugInsOf(streams: Fields): Reading['plugIns'] {
  return Object.keys(streams)
    .filter((kind) => !OWN_KINDS.includes(kind))
    .sort()
    .map((kind) => [kind, numberOf(streams, kind) ?? 0])
}

function figuresOf(document: Fields): Omit<Figures, 'plugIns'> {
  const streams = objectOf(document, 'streams')
  return {
    updates: numberOf(document, 'updates_per_s'),
    frames: numberOf(document, 'frames_per_s'),
    bytes: numberOf(document, 'bytes_per_s'),
    flushes: numberOf(document, 'flushes_per_s'),
    rounds: numberOf(document, 'rounds_per_s'),
    slow: numberOf(document, 'slow_connections'),
    streams: numberOf(document, 'connections_total'),
    eps: numberOf(streams, 'eps'),
    raw: numberOf(streams, 'raw'),
    details: numberOf(streams, 'details'),
    kiosk: numberOf(streams, 'kiosk_interaction'),
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
