import { Injectable, type OnModuleInit } from '@nestjs/common'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { OpenStreams } from '../../common/stats/open-streams.js'
import { StreamStats } from '../../common/stats/stream-stats.js'

/** What the bus tells of this node since its start, as reports sum it up. */
@Injectable()
export class NodeActivity implements OnModuleInit {
  /** Score updates taken in. */
  updates = 0
  isDraining = false
  /** Reports that did not get into Redis. */
  reportFailures = 0

  private readonly open = new OpenStreams()

  constructor(
    private readonly bus: EventBus,
    private readonly stats: StreamStats,
  ) {}

  /** Open streams by kind of namespace. */
  get streams(): OpenStreams['counts'] {
    return this.open.counts
  }

  onModuleInit(): void {
    const { bus, stats } = this
    this.open.listen(bus, stats.plugInNamespaces)
    bus.on('scores.received', ({ ids }) => {
      this.updates += ids.length
    })
    bus.on('report.failed', ({ report }) => {
      if (report === 'admin') this.reportFailures++
    })
    bus.on('node.draining', () => {
      this.isDraining = true
    })
  }
}
