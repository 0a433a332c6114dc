import { kindOf } from '../../../common/core/namespace.js'
import type { AudienceKind } from './audience.js'
import type { CursorOwner } from './cursor.js'
import type { FanOut } from './fan-out.js'

/** Chooses the owner of the cursors of an audience, for a kind of namespaces with several fan-outs. */
export interface OwnerSource {
  ownerOf(kind: AudienceKind): CursorOwner
  markDrainTarget(): void
}

/** The owner for a namespace of an audience; undefined for one whose messages go through message logs. */
export type OwnerOf = (namespace: string) => CursorOwner | undefined

/** The owners of the cursors of each namespace. A namespace without one has messages, which go through message logs. */
export class CursorOwners {
  private readonly fanOuts = new Map<string, FanOut>()
  /** By the kind of a namespace, `eps` for `eps/<id>`. They come before `fanOuts`. */
  private readonly sources = new Map<string, OwnerSource>()

  add(namespace: string, fanOut: FanOut): void {
    this.fanOuts.set(namespace, fanOut)
  }

  choose(kind: string, source: OwnerSource): void {
    this.sources.set(kind, source)
  }

  /** The owner for each namespace of an audience. A source chooses once for all of its kind. */
  for(kind: AudienceKind): OwnerOf {
    const chosen = new Map<OwnerSource, CursorOwner>()
    return (namespace) => {
      const source = this.sources.get(kindOf(namespace))
      if (source === undefined) return this.fanOuts.get(namespace)
      const owner = chosen.get(source) ?? source.ownerOf(kind)
      chosen.set(source, owner)
      return owner
    }
  }

  markDrainTarget(): void {
    for (const fanOut of this.fanOuts.values()) fanOut.markDrainTarget()
    for (const source of this.sources.values()) source.markDrainTarget()
  }
}
