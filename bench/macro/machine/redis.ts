import { connect } from 'node:net'
import { freePort } from '../../../test/support/servers/free-port.js'
import { Service } from './service.js'

/** A real Redis on a free port of loopback, without persistence. */
export async function startRedis(): Promise<{ readonly redis: Service; readonly redisPort: number }> {
  const redisPort = await freePort()
  const command = ['redis-server', '--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const redis = await Service.start({ name: 'redis-server', command, env: {}, isUp: () => accepts(redisPort) })
  return { redis, redisPort }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
