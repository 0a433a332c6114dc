/** What waits in this process for subscribers that don't drain. */
export interface Backlog {
  readonly subscribers: number
  readonly bytes: number
}
