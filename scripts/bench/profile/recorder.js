import { renameSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { isMainThread } from 'node:worker_threads'

/*
 * Loaded into a server before its own program (`node --import`): each SIGUSR2 begins a CPU profile of its main thread, or
 * ends it and writes it to the working directory; with `?from-start` in the URL it has begun already. What `--cpu-prof`
 * writes begins at the start of the process and ends with it, and would have the filling of the server in it.
 */

const INTERVAL_MICROSECONDS = 200

if (isMainThread) {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MICROSECONDS })
  let isRecording = false

  const begin = () => {
    session.post('Profiler.start')
    isRecording = true
    writeFileSync('recording', '')
  }
  const end = () => {
    isRecording = false
    session.post('Profiler.stop', (error, answer) => {
      if (error) throw error
      writeFileSync('profile.part', JSON.stringify(answer.profile))
      renameSync('profile.part', 'profile.json')
    })
  }
  process.on('SIGUSR2', () => (isRecording ? end() : begin()))
  if (new URL(import.meta.url).search === '?from-start') begin()
}
