/**
 * The reasons for which streams are closed or refused, requests rejected and updates discarded, and the places of failures, each with its
 * meaning. The types of events and the labels of metrics derive from these lists: a new reason is one line here, and a word in
 * docs/metrics.md.
 */

/** Why an open stream was closed. */
export const CLOSE_REASONS = [
  /** The client left. */
  'client',
  /** The client took its data too slowly: a bound on bytes or on time was passed. */
  'slow',
  /** The node is stopping. */
  'shutdown',
  /** The stream reached its maximum age, of MAX_CONNECTION_AGE_S or SSE_FORCE_REFRESH. */
  'expired',
  /** The client asked for it by a cleanup request. */
  'cleanup',
  /** The client sent bytes on an open stream, or its socket failed. */
  'error',
  /** The data in Redis were replaced, and the stream had asked for positions or totals: its reconnect gets new ones. */
  'reset',
] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

/** Why a stream was refused, that is, not opened. */
export const REFUSAL_REASONS = [
  /** MAX_CONNECTIONS streams are open, or the file descriptors are used up. */
  'full',
  /** MAX_CONNECTIONS_PER_IP streams are open from the client's address. */
  'per-address',
  /** MAX_CONNECTS_PER_S streams were opened within this second. */
  'rate',
  /** The node is stopping. */
  'draining',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** Why positions are valid in this process alone. */
export const PRIVATE_REASONS = [
  /** No cut through Redis has been made yet. */
  'starting',
  /** The second cut, which verifies the first, comes after 100 updates. */
  'unverified',
  /** The scores in Redis don't follow the updates: their publisher doesn't move them, or moves them by another amount. */
  'disagrees',
  /** Scores were changed by other means than an update. */
  'drift',
  /** A score is lower than before: data in Redis were lost. */
  'data-lost',
  /** Updates were missed, and are not in the log yet. */
  'healing',
  /** The user of REDIS_URL lacks a right that cuts need. */
  'no-rights',
  /** There are more than CUT_MAX_IDS scores. */
  'too-many-ids',
  /** A score is no whole number from 0 on, or is too large. */
  'not-counts',
  /** The updates don't come from Redis. */
  'no-redis',
] as const
export type PrivateReason = (typeof PRIVATE_REASONS)[number]

/** How a cut through Redis ended. */
export const CUT_OUTCOMES = [
  /** It began the totals and positions of this node: the first one, or the first after an outage while positions were private. */
  'first',
  /** The same, because Redis holds another epoch. */
  'replaced',
  /** The node has had every update since the last cut. */
  'agrees',
  /** Scores and updates don't belong together. Positions were private already. */
  'disagrees',
  /** Scores were changed by other means than an update. */
  'drift',
  /** A score is lower than before. */
  'lost',
  /** Updates were missed, and are healed. */
  'missed',
  /** Updates were missed, and HEAL is off. */
  'skipped',
  /** The node does not know the totals of all ids. */
  'incomplete',
  /** Redis refused it, or did not answer. */
  'failed',
  /** The marker did not come back: the subscription is deaf. */
  'deaf',
] as const
export type CutOutcome = (typeof CUT_OUTCOMES)[number]

/** Why a stream could not go on from the event id that its client gave. */
export const RESET_REASONS = [
  /** The id is of another epoch, or of another process. */
  'unknown',
  /** The updates after it are no longer in memory. */
  'too-old',
  /** This node did not reach its position within a second. */
  'ahead',
  /** It is no id of this server. */
  'malformed',
] as const
export type ResetReason = (typeof RESET_REASONS)[number]

/** The outcomes for streams whose clients gave an event id. */
export const RESUME_OUTCOMES = [
  /** It went on from the id. */
  'served',
  ...RESET_REASONS,
] as const
export type ResumeOutcome = (typeof RESUME_OUTCOMES)[number]

/** Why a request, or a connection that carried no stream, was rejected. */
export const REJECTION_REASONS = [
  /** The request, or its headers, took too long to arrive. */
  'timeout',
  /** The headers or the body are over their bound. */
  'too-large',
  /** The bytes are not HTTP, the Host header is missing, or the URL is not valid percent-encoded UTF-8. */
  'malformed',
  /** More requests of a connection than may wait for their answers. The connection was closed. */
  'pipelined',
  /** The client did not take an answer within ANSWER_STALL_MS. The connection was closed. */
  'unread',
  /** The connection, which carried no stream, was closed: there is no room for more of them. */
  'no-room',
] as const
export type RejectionReason = (typeof REJECTION_REASONS)[number]

/** Why an id is not valid. */
export const ID_FAULTS = [
  /** The id has no bytes. */
  'empty',
  /** The id has more than 128 bytes. */
  'too-long',
  /** The id contains a control character (C0, DEL or C1). */
  'control-character',
  /** The bytes of the id are not UTF-8. */
  'invalid-utf8',
] as const
export type IdFault = (typeof ID_FAULTS)[number]

/** Why an update or a message from a source was discarded, that is, not streamed. */
export const DISCARD_REASONS = [
  ...ID_FAULTS,
  /** The id is new, and so many updates of new ids wait for the next flush that no more may wait. */
  'too-many-new',
  /** The payload is larger than QUEUE_MAX_BYTES. */
  'too-large',
] as const
export type DiscardReason = (typeof DISCARD_REASONS)[number]

/** Where an exception was caught, other than in a handler of the event bus. */
export const FAILURE_KINDS = [
  /** In an `@Interval`, `@Timeout` or `@Cron` method. */
  'timer',
  /** In the handling of a request, which was answered by 500. */
  'request',
  /** In a promise whose rejection nothing handled. */
  'promise',
  /** In a health check. */
  'check',
  /** In the reading of a metric. */
  'metric',
  /** In the answer to a question of the relay. */
  'question',
] as const
export type FailureKind = (typeof FAILURE_KINDS)[number]

/** The errors of write(2) that the output of the log may meet. */
export const LOG_WRITE_ERRORS = [
  /** The pipe, the socket or the terminal is full: its reader is slow, or has stopped. */
  'EAGAIN',
  /** The pipe or the socket has no reader. */
  'EPIPE',
  /** The disk is full. */
  'ENOSPC',
  /** The disk quota is used up. */
  'EDQUOT',
  /** The disk or the terminal has failed. */
  'EIO',
  'other',
] as const
export type LogWriteError = (typeof LOG_WRITE_ERRORS)[number]

/** The periodic reports of a node. */
export const REPORTS = [
  /** The status document in Redis. */
  'admin',
  /** The figures for Graphite. */
  'graphite',
] as const
export type ReportName = (typeof REPORTS)[number]
