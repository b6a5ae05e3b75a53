import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Linux counts processor time of a process in hundredths of a second, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** Seconds of processor time that a process and its children have used, those that ended included. */
export function processorSeconds(pid: number): number {
  let ticks = 0
  for (const each of family(pid)) {
    const fields = statFields(each)
    // proc(5): utime, stime, cutime and cstime are fields 14 to 17.
    for (const field of fields.slice(11, 15)) ticks += Number(field)
  }
  return ticks / TICKS_PER_SECOND
}

/** MiB that a process and its children have in memory. */
export function currentMemory(pid: number): number {
  return memory(pid, 'VmRSS')
}

/** The most MiB that they ever had, each for itself, or since `forgetPeak`. */
export function peakMemory(pid: number): number {
  return memory(pid, 'VmHWM')
}

/** Makes the peak of a process, and of its children, what it has now; where the system forbids it, the peak stays. */
export function forgetPeak(pid: number): void {
  for (const each of family(pid))
    try {
      writeFileSync(`/proc/${each}/clear_refs`, '5')
    } catch (error) {
      if (!['EACCES', 'EPERM', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
}

function memory(pid: number, field: string): number {
  let kibibytes = 0
  for (const each of family(pid)) {
    const status = readFileSync(`/proc/${each}/status`, 'utf8')
    kibibytes += Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0)
  }
  return kibibytes / 1024
}

/** The process, its children, and theirs. */
function family(pid: number): number[] {
  const members = [pid]
  const others = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const parents = new Map(others.map((name) => [Number(name), parentOf(Number(name))]))
  for (const member of members)
    for (const [child, parent] of parents) if (parent === member) members.push(child)
  return members
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(statFields(pid)[1])
  } catch {
    return undefined // it has ended meanwhile
  }
}

/** What follows the name of the program in /proc/PID/stat, from field 3 on: the name may have spaces in it. */
function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}
