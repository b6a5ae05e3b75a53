/** Where lines of a log go. */
export interface Lines {
  /** Writes the line with the others of this turn of the event loop: a write costs more than they do. */
  add(line: string): void
}

/** Of all logs of the process: what is not written yet. */
const unwritten = new Set<() => void>()

// Also where an error that nobody caught ends the process, of which the lines just before it may tell more.
process.on('exit', () => {
  for (const flush of unwritten) flush()
})

/** @param write takes whole lines, of which each ends with a newline, and must be done with them when it returns */
export function gatherLines(write: (text: string) => void): Lines {
  let text = ''

  function flush(): void {
    const lines = text
    text = ''
    unwritten.delete(flush)
    // Nothing is left where the process ended between.
    if (lines) write(lines)
  }

  return {
    add(line) {
      if (!text) {
        unwritten.add(flush)
        setImmediate(flush)
      }
      text += line
    },
  }
}
