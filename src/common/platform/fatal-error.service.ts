import { Injectable, Logger } from '@nestjs/common'

/** The exit code after an internal error: EX_SOFTWARE of sysexits.h. */
export const EXIT_INTERNAL_ERROR = 70

/**
 * Ends the process after an internal error that leaves the state of the streams unknown. A supervisor starts a new one, and clients
 * reconnect; a process that continued could pass every check and deliver nothing, or wrong sums.
 */
@Injectable()
export class FatalErrorService {
  private readonly logger = new Logger('Process')

  /** @param task the name of the task that failed */
  end(task: string, error: unknown): void {
    this.logger.fatal({ msg: 'internal error, the process exits', task, err: error })
    process.exit(EXIT_INTERNAL_ERROR)
  }
}
