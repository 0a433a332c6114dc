// The plug-in of `npm run bench -- --plug-in`. It handles every message, and publishes its id on increments of its own, as eps does.
import { EventBus, Namespaces } from 'emojitrack-streamer/plugin'

class Echo {
  constructor(bus, namespaces) {
    this.bus = bus
    this.stream = namespaces.increments('echo')
  }

  onModuleInit() {
    this.bus.on('scores.received', ({ ids }) => {
      for (const id of ids) this.stream.add(id)
    })
    this.bus.on('detail.received', ({ id }) => this.stream.add(id))
  }
}

export default {
  module: class EchoModule {},
  providers: [{ provide: Echo, inject: [EventBus, Namespaces], useFactory: (bus, namespaces) => new Echo(bus, namespaces) }],
}
