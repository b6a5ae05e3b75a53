import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Database, Writes } from '../../src/store/database.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { type Transaction, writeQueue } from '../../src/store/write-queue.ts'

describe('changes that are asked for at once', () => {
  let directory: string
  let database: Database
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecr-local-writes-'))
    database = openSqlite({ file: join(directory, 'metadata.sqlite'), durable: true })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await database.close()
    rmSync(directory, { recursive: true })
  })

  const put =
    (key: string) =>
    ({ settings }: Writes): Promise<void> =>
      settings.put(key, Buffer.from(key))
  const has = (key: string): Promise<boolean> =>
    database.read(async ({ settings }) => (await settings.get(key)) !== undefined)

  /** The prototype of file handles, whose `datasync` all of them share. */
  async function fileHandles(): Promise<{ datasync(): Promise<void> }> {
    const handle = await open(directory, 'r')
    await handle.close()
    return Object.getPrototypeOf(handle)
  }

  it('are made in their order, each seeing those before', async () => {
    const seen: number[] = []
    const count = Array.from({ length: 200 }, (_, index) =>
      database.write(async ({ settings }) => {
        const before = Number((await settings.get('count')) ?? 0)
        await settings.put('count', Buffer.from(String(before + 1)))
        seen.push(index)
        return before
      }),
    )
    expect(await Promise.all(count)).toEqual(Array.from({ length: 200 }, (_, index) => index))
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index))
  })

  it('share a commit, which is another version', async () => {
    await database.write(put('first'))
    const before = database.version()
    await Promise.all(['a', 'b', 'c'].map((key) => database.write(put(key))))
    expect(database.version()).toBe(before + 1)
  })

  it('wait for others, as long as each turn of the event loop brings some', async () => {
    await database.write(put('first'))
    const before = database.version()
    const changes: Promise<void>[] = []
    for (const key of ['a', 'b', 'c']) {
      // Before the turn in which the queue looks.
      const turn = setImmediate()
      changes.push(database.write(put(key)))
      await turn
    }
    await Promise.all(changes)
    expect(database.version()).toBe(before + 1)
  })

  it('fail each by itself: what one had done is not there, nor done afterwards', async () => {
    const afterwards: string[] = []
    const change = (key: string, failure?: Error) =>
      database.write(async (tx) => {
        await put(key)(tx)
        tx.afterCommit(() => afterwards.push(key))
        if (failure) throw failure
        return key
      })
    const refusal = new Error('refused')
    const results = await Promise.allSettled([change('a'), change('b', refusal), change('c')])
    expect(results).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: refusal },
      { status: 'fulfilled', value: 'c' },
    ])
    expect(await Promise.all(['a', 'b', 'c'].map(has))).toEqual([true, false, true])
    expect(afterwards).toEqual(['a', 'c'])
  })

  it('are synced together, beside the event loop, before anybody is told', async () => {
    const handles = await fileHandles()
    const datasync = handles.datasync
    let isSynced = false
    const sync = vi.spyOn(handles, 'datasync').mockImplementation(async function (this: typeof handles) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      await datasync.call(this)
      isSynced = true
    })
    const told = await Promise.all(
      ['a', 'b', 'c'].map((key) => database.write(put(key)).then(() => isSynced)),
    )
    expect(told).toEqual([true, true, true])
    expect(sync).toHaveBeenCalledTimes(1)
  })

  it('are told at once where a loss of power may take them', async () => {
    const sync = vi.spyOn(await fileHandles(), 'datasync')
    await database.write(put('unsynced'), { isSynced: false })
    expect(sync).not.toHaveBeenCalled()
    expect(await has('unsynced')).toBe(true)
  })

  it('tell what the disk said when they could not be synced', async () => {
    const failure = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
    vi.spyOn(await fileHandles(), 'datasync').mockRejectedValueOnce(failure)
    await expect(database.write(put('lost'))).rejects.toMatchObject({ cause: failure })
  })

  it('are refused after a sync that failed, which a later one knows nothing of, until the next start', async () => {
    await database.write(put('kept'))
    const failure = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
    vi.spyOn(await fileHandles(), 'datasync').mockRejectedValueOnce(failure)
    const together = await Promise.allSettled(['a', 'b'].map((key) => database.write(put(key))))
    expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const version = database.version()
    await expect(database.write(put('later'))).rejects.toMatchObject({ cause: failure })
    await expect(database.write(put('later'), { isSynced: false })).rejects.toMatchObject({ cause: failure })
    expect(database.version()).toBe(version)
    expect(await Promise.all(['kept', 'later'].map(has))).toEqual([true, false])
    await database.close()
    database = openSqlite({ file: join(directory, 'metadata.sqlite'), durable: true })
    await database.write(put('later'))
    expect(await Promise.all(['kept', 'later'].map(has))).toEqual([true, true])
  })

  it('are made before the database closes', async () => {
    const changes = ['a', 'b'].map((key) => database.write(put(key)))
    await database.close()
    await Promise.all(changes)
    database = openSqlite({ file: join(directory, 'metadata.sqlite'), durable: true })
    expect(await Promise.all(['a', 'b'].map(has))).toEqual([true, true])
  })
})

describe('a queue over a transaction that fails', () => {
  /** One that does nothing; what is given goes wrong, or is watched. */
  function aTransaction(given: Partial<Transaction>): Transaction {
    const nothing = (): void => undefined
    const parts = { beginPart: nothing, endPart: nothing, takeBackPart: nothing }
    const begin = (): Promise<void> => Promise.resolve()
    const whole = { begin, commit: nothing, takeBack: nothing, isOpen: () => true }
    return { ...whole, ...parts, sync: () => Promise.resolve(), ...given }
  }

  it('refuses nobody on the ground of what was not committed in the end', async () => {
    const full = new Error('full')
    const queue = writeQueue(
      aTransaction({
        commit() {
          throw full
        },
      }),
    )
    const made = queue.run(async () => 'made')
    const refused = queue.run(() => Promise.reject(new Error('it is there already')))
    await expect(made).rejects.toBe(full)
    await expect(refused).rejects.toBe(full)
  })

  it('holds up what need not be synced for no sync, nor what was asked for before it', async () => {
    const syncs: (() => void)[] = []
    const sync = () => new Promise<void>((resolve) => syncs.push(resolve))
    const queue = writeQueue(aTransaction({ sync }))
    const done: string[] = []
    const ask = (name: string, isSynced: boolean) =>
      queue.run(async () => done.push(name), { isSynced }).then(() => done.push(`${name} told`))
    const first = ask('first', true)
    await vi.waitFor(() => expect(syncs.length).toBe(1))
    const second = ask('second', true)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(done).toEqual(['first'])
    await ask('unsynced', false)
    expect(done).toEqual(['first', 'second', 'unsynced', 'unsynced told'])
    syncs[0]?.()
    syncs[1]?.()
    await Promise.all([first, second])
    await queue.settle()
  })

  it('takes whoever asks for one change after the other to be alone, until another asks meanwhile', async () => {
    const told: boolean[] = []
    const sync = async (isAlone: boolean): Promise<void> => {
      told.push(isAlone)
      await setImmediate()
    }
    const queue = writeQueue(aTransaction({ sync }))
    const ask = (): Promise<void> => queue.run(async () => undefined)
    for (let index = 0; index < 21; index += 1) await ask()
    expect(told).toEqual([...Array(20).fill(false), true])

    await Promise.all([ask(), ask()])
    for (let index = 0; index < 21; index += 1) await ask()
    expect(told.slice(21)).toEqual([...Array(21).fill(false), true])

    const first = ask()
    while (told.length < 44) await setImmediate()
    await Promise.all([first, ask()])
    await ask()
    expect(told.slice(43)).toEqual([true, false, false])
  })

  it('goes on where not even what was done could be taken back', async () => {
    const gone = new Error('gone')
    let isGone = true
    const fail = (): void => {
      if (isGone) throw gone
    }
    const queue = writeQueue(aTransaction({ begin: async () => fail(), takeBack: fail }))
    await expect(queue.run(async () => 'first')).rejects.toBe(gone)
    isGone = false
    expect(await queue.run(async () => 'second')).toBe('second')
    await queue.settle()
  })

  it('does no more work in a transaction that the database ended', async () => {
    const full = new Error('full')
    let isOpen = true
    const queue = writeQueue(
      aTransaction({
        async begin() {
          isOpen = true
        },
        isOpen: () => isOpen,
      }),
    )
    const worked: string[] = []
    const first = queue.run(async () => worked.push('first'))
    const second = queue.run(async () => {
      isOpen = false
      throw full
    })
    const third = queue.run(async () => worked.push('third'))
    const results = await Promise.allSettled([first, second, third])
    expect(results.map((result) => result.status === 'rejected' && result.reason)).toEqual([full, full, full])
    expect(worked).toEqual(['first'])
    expect(await queue.run(async () => 'fourth')).toBe('fourth')
  })
})
