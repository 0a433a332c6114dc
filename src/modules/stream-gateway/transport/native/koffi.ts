/** The part of koffi (https://koffi.dev/) that is used. Its own types may be missing with it. */
export interface Koffi {
  load(library: null): NativeLibrary
  address(bytes: Uint8Array): bigint
  errno(): number
}

export interface NativeLibrary {
  func(definition: string): NativeFunction
}

/** 64-bit integers, addresses among them, go in and come out as numbers: they are far below 2^53. */
export type NativeFunction = (...args: readonly (number | Uint8Array)[]) => number
