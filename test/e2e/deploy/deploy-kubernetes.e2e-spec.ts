import type { Probe } from 'kubernetes-types/core/v1.js'
import { describe, expect, it } from 'vitest'
import { manifestFaults, manifestOf, readManifests } from '../../support/deploy/kubernetes-manifests.js'
import { configOf } from '../../support/fakes/config-of.js'
import { aLiveServer, aRedis, aServer } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { statusOf, untilHealthy, untilReady } from '../../support/servers/probes.js'

const pod = () => manifestOf('Deployment').spec?.template.spec
const container = () => {
  const [first, ...others] = pod()?.containers ?? []
  if (first === undefined || others.length > 0) throw new Error('the pod has one container')
  return first
}

describe('a manifest', () => {
  it('has the form that its kind asks for', () => {
    for (const manifest of readManifests()) expect(manifestFaults(manifest)).toEqual([])
  })

  it('is refused for a misspelt name, however deep, a wrong type and a missing part', () => {
    const spoil = (change: (text: string) => string) => manifestFaults(JSON.parse(change(JSON.stringify(manifestOf('Deployment')))))
    expect(spoil((text) => text.replace('failureThreshold', 'failureTreshold'))).toEqual([expect.stringContaining('failureTreshold')])
    expect(spoil((text) => text.replace('"containerPort":8001', '"containerPort":"8001"'))).not.toEqual([])
    expect(spoil((text) => text.replace('"selector":', '"selektor":'))).not.toEqual([])
  })
})

describe('the manifests together', () => {
  it('select the same pods and name the same port', () => {
    const deployment = manifestOf('Deployment').spec
    const labels = deployment?.template.metadata?.labels
    const service = manifestOf('Service').spec
    expect(deployment?.selector.matchLabels).toEqual(labels)
    expect(service?.selector).toEqual(labels)
    expect(manifestOf('PodDisruptionBudget').spec?.selector?.matchLabels).toEqual(labels)
    expect(pod()?.topologySpreadConstraints?.map(({ labelSelector }) => labelSelector?.matchLabels)).toEqual([labels])

    const { ports = [], startupProbe, livenessProbe, readinessProbe } = container()
    const [port] = ports
    expect(service?.ports?.map(({ targetPort }) => targetPort)).toEqual([port?.name])
    for (const probe of [startupProbe, livenessProbe, readinessProbe]) expect(probe?.httpGet?.port).toBe(port?.name)
  })

  it('leave the container no right and no file to write', () => {
    expect(pod()?.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(container().securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  it('hold no secret: the variables come from one that is made by hand', () => {
    const { name } = manifestOf('Deployment').metadata ?? {}
    expect(container().envFrom).toEqual([{ secretRef: { name } }])
    expect(JSON.stringify(readManifests())).not.toContain('REDIS_URL')
  })
})

describe('the limits of a pod', () => {
  const KIB = 1024
  const MIB = 1024 * KIB
  const variables = () => Object.fromEntries((container().env ?? []).map(({ name, value }) => [name, value ?? '']))

  it('leave memory for all streams that it admits, even if none of them drains, and a quarter of it besides', () => {
    const { limits, streams, scoreLog } = configOf(variables())
    const [, mebibytes] = /^(\d+)Mi$/.exec(container().resources?.limits?.['memory'] ?? '') ?? []
    // A node at rest, a stream with its buffers in the kernel, and a score of the log (docs/capacity.md).
    const needed = 125 * MIB + limits.maxConnections * 24 * KIB + streams.messageLogBytes + 4 * scoreLog.capacity
    expect(needed).toBeLessThan(Number(mebibytes) * MIB * 0.75)
  })

  it('let no address take all places, behind an ingress of the cluster too', () => {
    const { limits, trustedProxies } = configOf(variables())
    expect(limits.maxConnectionsPerIp).toBeLessThan(limits.maxConnections)
    expect(trustedProxies).toEqual(['uniquelocal'])
  })
})

describe('the probes', () => {
  const answers = (server: Parameters<typeof statusOf>[0]) => {
    const { startupProbe, livenessProbe, readinessProbe } = container()
    return Promise.all([startupProbe, livenessProbe, readinessProbe].map((probe) => statusOf(server, pathOf(probe))))
  }

  it('see a server that has never had its Redis as started and live, not as ready, and one whose Redis is away as all three', async () => {
    const port = await freePort()
    const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${port}` })
    expect(await answers(server)).toEqual([200, 200, 503])
    const redis = await aRedis({ port })
    await untilReady(server, true)
    expect(await answers(server)).toEqual([200, 200, 200])
    await redis.kill()
    await untilHealthy(server, false)
    expect(await answers(server)).toEqual([200, 200, 200])
  })

  it('see a server whose Redis is away as not ready with READY_REQUIRES_REDIS=always, until it is back', async () => {
    const { redis, server } = await aLiveServer({ READY_REQUIRES_REDIS: 'always' })
    await redis.kill()
    await untilReady(server, false)
    expect(await answers(server)).toEqual([200, 200, 503])
    await redis.restart()
    await untilReady(server, true)
  })

  const pathOf = (probe: Probe | undefined) => probe?.httpGet?.path ?? 'none'
})
