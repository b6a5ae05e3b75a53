import { describe, expect, it } from 'vitest'
import { remembered } from '../../src/store/remembered.ts'

describe('what a connection remembers', () => {
  /** Counts how often something is asked for. */
  function asking() {
    const asked: string[] = []
    const known = remembered()
    const find = (key: string, value = key) =>
      known.find(key, async () => {
        asked.push(key)
        return value
      })
    return { asked, known, find }
  }

  it('is asked for once, whether it is there or not', async () => {
    const { asked, known, find } = asking()
    const missing = () =>
      known.find('missing', async () => {
        asked.push('missing')
        return undefined
      })
    expect([await find('a'), await find('a'), await missing(), await missing()]).toEqual([
      'a',
      'a',
      undefined,
      undefined,
    ])
    expect(asked).toEqual(['a', 'missing'])
  })

  it('is asked for anew while some of it changes, and after that was committed', async () => {
    const { asked, known, find } = asking()
    await find('a', 'before')
    known.change()
    expect([await find('a', 'within'), await find('a', 'again')]).toEqual(['within', 'again'])
    known.committed()
    expect([await find('a', 'after'), await find('a', 'later')]).toEqual(['after', 'after'])
    expect(asked).toHaveLength(4)
  })

  it('is what it was where the change was taken back, or was of something else', async () => {
    const { known, find } = asking()
    await find('a', 'before')
    known.change()
    await find('a', 'within')
    known.takenBack()
    expect(await find('a', 'after')).toBe('before')
    known.committed()
    expect(await find('a', 'after')).toBe('before')
  })

  it('is no more than a thousand answers', async () => {
    const { asked, find } = asking()
    for (let index = 0; index < 1000; index += 1) await find(`${index}`)
    await find('0')
    expect(asked).toHaveLength(1000)
    await find('one more')
    await find('0')
    expect(asked).toHaveLength(1002)
  })
})
