import { boolean, DAY_MS, DAY_S, integer, integerRange, optionalInteger, origins } from './env-types.js'

/** The environment variables of the streams and their limits, by group. */
export const streamGroups = {
  'The streams': {
    ENABLE_RAW_STREAM: boolean(true).describe('Serve `/subscribe/raw`.'),
    ENABLE_KIOSK_INTERACTION_STREAM: boolean(false).describe('Serve `/subscribe/kiosk_interaction`, and subscribe to its channels.'),
    CORS_ORIGINS: origins
      .default(['*'])
      .describe('Origins whose pages may read the streams, such as `https://example.com,https://www.example.com`.'),
    HEARTBEAT_MS: integer(15_000, 100, DAY_MS).describe('A stream that was idle for this time gets a comment.'),
    RETRY_MS: integer(3000, 1, DAY_MS).describe(
      '`retry:` at the start of every stream: the time after which its client reconnects. Each stream gets a random time from half of it ' +
        'to one and a half.',
    ),
    QUEUE_MAX_BYTES: integer(1_048_576, 1024, 1_073_741_824).describe(
      "Maximum backlog of a subscriber of raw, details, kiosk_interaction or a plug-in's queue; also the largest payload.",
    ),
    QUEUE_STALL_MS: integer(10_000, 100, DAY_MS).describe('Such a subscriber is closed if it has not drained for this time.'),
    MESSAGE_LOG_BYTES: integer(67_108_864, 65_536, 17_179_869_184).describe(
      'Maximum memory of all messages that wait for such subscribers of a process. ' +
        'Beyond it the subscribers that are the furthest behind are closed.',
    ),
    DETAIL_HISTORY_BYTES: integer(8_388_608, 0, 17_179_869_184).describe(
      'Memory of the details that a stream with an event id can still get after a reconnect. 0 keeps none.',
    ),
    EPS_MAX_HZ: integer(60, 1, 60).describe('Maximum number of frames a second on a stream of eps; sums stay exact.'),
    EPS_STALL_MS: integer(300_000, 100, DAY_MS).describe(
      'A subscriber of eps, or of increments or latest values of plug-ins, is closed if it has not drained for this time.',
    ),
    NATIVE_SEND: boolean(true).describe(
      'Call send(2) directly on Linux if the optional package koffi loads; the log names the chosen writer.',
    ),
    NOTSENT_LOWAT_BYTES: integer(16_384, 1024, 1_073_741_824).describe(
      'The kernel accepts no more of a stream while it holds this many unsent bytes. Needs the direct calls of NATIVE_SEND.',
    ),
    ACK_TIMEOUT_MS: integer(40_000, 0, DAY_MS).describe(
      'A stream is closed if its client acknowledges nothing that was sent, heartbeats included, for this time, as a phone without a ' +
        'network. 0 leaves that to the kernel, which takes many minutes. Needs the direct calls of NATIVE_SEND.',
    ),
  },
  'Planned closes': {
    SSE_FORCE_REFRESH: boolean(false).describe(
      'Make clients reconnect from time to time: streams get `X-Sse-Cleanup-Requested: true` and a `retry:`, and have a maximum age.',
    ),
    SSE_SCORE_RETRY_MS: integer(100, 1, DAY_MS).describe('`retry:` of raw, eps and multiplexed streams if SSE_FORCE_REFRESH is on.'),
    SSE_DETAIL_RETRY_MS: integer(500, 1, DAY_MS).describe(
      '`retry:` of details if SSE_FORCE_REFRESH is on; kiosk_interaction has RETRY_MS.',
    ),
    SSE_SCORE_FORCECLOSE_SEC: integer(300, 1, DAY_S).describe(
      'Maximum age of raw, eps and multiplexed streams if SSE_FORCE_REFRESH is on; each closes up to 20 % earlier at random.',
    ),
    SSE_DETAIL_FORCECLOSE_SEC: integer(300, 1, DAY_S).describe(
      'Maximum age of details streams if SSE_FORCE_REFRESH is on; each closes up to 20 % earlier at random.',
    ),
    MAX_CONNECTION_AGE_S: integer(0, 0, 7 * DAY_S).describe(
      'Maximum age of every stream, whatever SSE_FORCE_REFRESH says; each closes up to 20 % earlier at random. 0 is none.',
    ),
  },
  Limits: {
    MAX_CONNECTIONS: optionalInteger(0, 10_000_000).meta({
      description: 'Streams open at a time, over all workers; 0 is no bound but that of the file descriptors.',
      fallback: 'in each process its limit of file descriptors less 256, which also bounds any other value',
      example: '20000',
    }),
    MAX_CONNECTIONS_PER_IP: integer(0, 0, 10_000_000).describe(
      'Streams open at a time per client address (IPv6: per /64), over all workers; 0 is no bound. Behind a proxy set TRUST_PROXY first.',
    ),
    MAX_CONNECTS_PER_S: integer(0, 0, 1_000_000).describe('Streams opened per second, over all workers; 0 is no bound.'),
    ANSWER_STALL_MS: integer(30_000, 100, DAY_MS).describe(
      'A connection without a stream is closed if its client has not taken a waiting answer for this time.',
    ),
    REFUSE_RETRY_MS: integerRange({ min: 5000, max: 60_000 }, DAY_MS).describe(
      'Range of the time after which refused clients reconnect; random for each client.',
    ),
  },
  Positions: {
    AUDIT_MS: integer(300_000, 0, DAY_MS).describe(
      'Interval of the cuts through Redis that check totals and positions, spread by 20 %. 0 leaves those at the start and after each ' +
        'reconnect.',
    ),
    CUT_MAX_IDS: integer(100_000, 1, 1_000_000).describe(
      'Maximum number of ids whose totals the server knows. With more of them in Redis positions are valid in one process only.',
    ),
    HEAL: boolean(true).describe('Send the updates that were missed while Redis was not connected, as increments of eps.'),
  },
  'The score log': {
    LOG_CAPACITY: integer(1_048_576, 1024, 268_435_456).describe(
      'Updates in the score log, 4 bytes of memory each: how far a stalled subscriber of eps can lag. At 400 a second the default holds ' +
        '43 minutes. A log of a plug-in’s increments holds as many, up to 1048576.',
    ),
    MAX_IDS: integer(65_536, 16, 16_777_216).describe(
      'Maximum number of different ids in the score log, and in each log of a plug-in’s increments, at a time.',
    ),
  },
}
