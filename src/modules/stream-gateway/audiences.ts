import { Audience, type AudienceKind } from './audience.js'

const NOBODY: readonly Audience[] = []

/** Namespace → audiences. What nobody wants costs a look into a map. */
export class Audiences {
  private readonly byKey = new Map<string, Audience>()
  private readonly byNamespace = new Map<string, Set<Audience>>()

  /** @param isFollowed whether subscribers have a cursor into this namespace, in place of a queue */
  constructor(private readonly isFollowed: (namespace: string) => boolean) {}

  /** The audience of this kind, a new one where there is none. */
  of(kind: AudienceKind): Audience {
    const key = Audience.key(kind)
    return this.byKey.get(key) ?? this.add(key, new Audience(kind, this.isFollowed))
  }

  /** The audiences of a namespace; empty where nobody listens. */
  listeners(namespace: string): Iterable<Audience> {
    return this.byNamespace.get(namespace) ?? NOBODY
  }

  isHeard(namespace: string): boolean {
    return this.byNamespace.has(namespace)
  }

  remove(audience: Audience): void {
    this.byKey.delete(Audience.key(audience))
    for (const namespace of audience.namespaces) {
      const set = this.byNamespace.get(namespace)
      set?.delete(audience)
      if (set?.size === 0) this.byNamespace.delete(namespace)
    }
  }

  private add(key: string, audience: Audience): Audience {
    this.byKey.set(key, audience)
    for (const namespace of audience.namespaces) {
      const set = this.byNamespace.get(namespace)
      if (set === undefined) this.byNamespace.set(namespace, new Set([audience]))
      else set.add(audience)
    }
    return audience
  }
}
