import type { Socket } from 'node:net'
import { Logger } from '@nestjs/common'
import type { StreamsConfig } from '../../common/config/app-config.js'
import type { Writer } from '../../common/stats/stream-stats.js'
import { NativeBatch } from './native-batch.js'
import { loadNativeCalls, type NativeCalls } from './native-calls.js'
import { NativeOutlet } from './native-outlet.js'
import type { Outlet } from './outlet.js'
import { SocketOutlet } from './socket-outlet.js'

/** Makes the outlet of each stream: by direct system calls where they are to be had, by Node's sockets everywhere else. */
export class OutletFactory {
  private readonly batch: NativeBatch | null

  constructor(
    private readonly calls: NativeCalls | null,
    private readonly notsentLowatBytes: number,
  ) {
    this.batch = calls?.aio ? new NativeBatch(calls.aio) : null
  }

  static async create({ nativeSend, notsentLowatBytes }: StreamsConfig, platform: NodeJS.Platform): Promise<OutletFactory> {
    const calls = nativeSend ? await loadNativeCalls(platform) : 'NATIVE_SEND is off'
    const isNative = typeof calls !== 'string'
    const factory = new OutletFactory(isNative ? calls : null, notsentLowatBytes)
    const details = isNative ? { isBatching: calls.aio !== null } : { because: calls }
    new Logger('StreamGateway').log({ msg: 'writer chosen', writer: factory.writer, ...details })
    return factory
  }

  get writer(): Writer {
    return this.calls === null ? 'socket.write' : 'send(2)'
  }

  /** Ends a run of posts: all of it has been written when this returns. */
  commit(): void {
    this.batch?.commit()
  }

  over(socket: Socket): Outlet {
    if (this.calls === null) return new SocketOutlet(socket)
    return NativeOutlet.over(socket, this.calls, this.batch, this.notsentLowatBytes)
  }
}
