/** Merges what is asked for at the same time into one call. Each asker gets their own answer, or the error of the call. */
export interface Batcher<Item, Answer> {
  add(group: string, item: Item): Promise<Answer>
}

interface Waiting<Item, Answer> {
  item: Item
  resolve(answer: Answer): void
  reject(error: unknown): void
}

interface Group<Item, Answer> {
  waiting: Waiting<Item, Answer>[]
  running: number
  timer?: NodeJS.Timeout | undefined
}

/** Longer than a call takes as a rule: a second one beside it would make both smaller and each of them wait for the other's disk. */
const waitMs = 10
const maximumItems = 100
const maximumRunning = 4

/** Who comes alone waits for nobody; while a call of the group is under way, the next gathers until it ends, or for ten milliseconds. */
export function createBatcher<Item, Answer>(run: (items: Item[]) => Promise<Answer[]>): Batcher<Item, Answer> {
  const groups = new Map<string, Group<Item, Answer>>()

  const send = async (name: string, group: Group<Item, Answer>) => {
    clearTimeout(group.timer)
    group.timer = undefined
    const taken = group.running < maximumRunning ? group.waiting.splice(0, maximumItems) : []
    if (taken.length === 0) return
    group.running++
    try {
      const answers = await run(taken.map(({ item }) => item))
      taken.forEach(({ resolve, reject }, index) => {
        const answer = answers[index]
        if (answer === undefined) reject(new Error('a merged call left out an answer'))
        else resolve(answer)
      })
    } catch (error) {
      for (const { reject } of taken) reject(error)
    } finally {
      group.running--
      if (group.waiting.length > 0) void send(name, group)
      else if (group.running === 0) groups.delete(name)
    }
  }

  const plan = (name: string, group: Group<Item, Answer>) => {
    if (group.waiting.length >= maximumItems) void send(name, group)
    else if (group.running > 0) group.timer ??= setTimeout(() => void send(name, group), waitMs)
    else if (group.waiting.length === 1) setImmediate(() => void send(name, group))
  }

  return {
    add(name, item) {
      const group = groups.get(name) ?? { waiting: [], running: 0 }
      groups.set(name, group)
      return new Promise((resolve, reject) => {
        group.waiting.push({ item, resolve, reject })
        plan(name, group)
      })
    },
  }
}
