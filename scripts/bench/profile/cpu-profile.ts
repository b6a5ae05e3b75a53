/** What V8 says of a function. */
export interface Frame {
  readonly functionName: string
  /** Empty where it is none of JavaScript. */
  readonly url: string
  /** From 0. */
  readonly lineNumber: number
}

/**
 * A CPU profile, as far as it is read here.
 *
 * @see https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile
 */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame; readonly children?: number[] }[]
  /** In microseconds. */
  readonly endTime: number
  readonly startTime: number
  /** Ids of nodes. */
  readonly samples: readonly number[]
  /** Microseconds from the sample before, or from the start. */
  readonly timeDeltas: readonly number[]
}

/** Time that was spent in a function itself, and not in those that it called. */
export interface SelfTime {
  readonly frame: Frame
  /** The JavaScript that called it, however far away. */
  readonly caller: Frame | undefined
  /** What is not of Node.js itself and called that. */
  readonly asker: Frame | undefined
  readonly microseconds: number
}

/** The self time of each node of a profile: a function has as many as there were ways to it. */
export function selfTimes({ nodes, samples, timeDeltas, startTime, endTime }: CpuProfile): SelfTime[] {
  const microseconds = new Map<number, number>()
  let at = startTime
  for (const [index, node] of samples.entries()) {
    at += timeDeltas[index] as number
    // What was sampled is taken to last until the next sample.
    const lasted = timeDeltas[index + 1] ?? Math.max(0, endTime - at)
    microseconds.set(node, (microseconds.get(node) ?? 0) + lasted)
  }
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node])))
  return nodes
    .filter(({ id }) => microseconds.has(id))
    .map(({ id, callFrame }) => {
      const nearest = (isIt: (url: string) => boolean): Frame | undefined => {
        let parent = parents.get(id)
        while (parent && !isIt(parent.callFrame.url)) parent = parents.get(parent.id)
        return parent?.callFrame
      }
      return {
        frame: callFrame,
        caller: nearest((url) => url !== ''),
        asker: nearest((url) => url !== '' && !url.startsWith('node:')),
        microseconds: microseconds.get(id) as number,
      }
    })
}
