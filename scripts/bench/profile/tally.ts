import { type CpuProfile, type SelfTime, selfTimes } from './cpu-profile.ts'
import { IDLE, nameOfModule, placeOf } from './places.ts'

/** Microseconds by name, the most of them first. */
export type Times = ReadonlyMap<string, number>

/** What the profiles of one build in one scenario say together. */
export class Tally {
  operations = 0
  readonly #dist: string
  readonly #places = new Map<string, number>()
  readonly #functions = new Map<string, number>()

  /** @param dist the directory of the build */
  constructor(dist: string) {
    this.#dist = dist
  }

  add(profile: CpuProfile, operations: number): void {
    this.operations += operations
    for (const time of selfTimes(profile)) {
      count(this.#places, placeOf(time, this.#dist), time.microseconds)
      const name = this.#nameOf(time)
      if (name) count(this.#functions, name, time.microseconds)
    }
  }

  get places(): Times {
    return this.#places
  }

  get functions(): Times {
    return new Map([...this.#functions].sort(([, a], [, b]) => b - a))
  }

  get microseconds(): number {
    return [...this.#places.values()].reduce((sum, each) => sum + each, 0)
  }

  get busyMicroseconds(): number {
    return this.microseconds - (this.#places.get(IDLE) ?? 0)
  }

  /** The name of a function and where it is; undefined for what is none. */
  #nameOf({ frame, caller }: SelfTime): string | undefined {
    const { functionName, url, lineNumber } = frame
    if (functionName.startsWith('(') && url === '') return undefined
    const name = functionName || 'anonymous'
    if (url !== '') return `${name} ${nameOfModule(url, this.#dist)}:${lineNumber + 1}`
    return caller ? `${name} native, for ${nameOfModule(caller.url, this.#dist)}` : `${name} native`
  }
}

function count(times: Map<string, number>, name: string, microseconds: number): void {
  times.set(name, (times.get(name) ?? 0) + microseconds)
}
