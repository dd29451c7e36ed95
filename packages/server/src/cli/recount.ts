import { StartError } from '../env'
import { listOrganizations, recountUsage, type SumDifference } from '../slices/usage/recount/service'
import { workBeside } from './beside'

export interface RecountLine {
  organization: string | undefined
  from: string | undefined
  to: string | undefined
  repair: boolean
}

/** Counts the ledger anew and holds the sums against it: one line per difference. Exit code 1 while any is left. */
export async function recount({ organization, from, to, repair }: RecountLine): Promise<number> {
  for (const day of [from, to]) refuseNoDay(day)
  let left = 0
  const code = await workBeside(async ({ deps, steps }) => {
    const organizationIds = chooseOrganizations(await listOrganizations(deps), organization)
    const counted = await recountUsage(deps, { organizationIds, from, to, repairs: repair }, (id, difference) =>
      steps.say(`${repair ? '•' : '✗'} ${describeDifference(id, difference)}`),
    )
    left = counted.differences
    steps.say(summarise(organizationIds.length, counted))
  })
  return code === 0 && left > 0 ? 1 : code
}

function refuseNoDay(day: string | undefined): void {
  if (day === undefined || (/^\d{4}-\d{2}-\d{2}$/.test(day) && new Date(day).toJSON()?.startsWith(day))) return
  throw new StartError(`${day} is no day; write it as 2026-11-21.`)
}

function chooseOrganizations(all: readonly string[], wanted: string | undefined): readonly string[] {
  if (wanted === undefined) return all
  if (!all.includes(wanted)) throw new StartError(`There is no organization ${wanted}; leave --organization out to recount all of them.`)
  return [wanted]
}

function describeDifference(organizationId: string, { grain, startsAt, dimension, value, paired, columns }: SumDifference): string {
  const names = [value, paired].filter((name) => name !== '').map((name) => (/^\p{Cc}/u.test(name) ? '(other)' : name))
  return `${organizationId} ${grain} ${startsAt.toISOString()} ${[dimension, ...names].join(' ')}: ${columns.join(', ')}`
}

function summarise(organizations: number, { days, differences, repaired }: Awaited<ReturnType<typeof recountUsage>>): string {
  const counted = `${organizations} ${organizations === 1 ? 'organization' : 'organizations'}, ${days} ${days === 1 ? 'day' : 'days'}`
  if (differences > 0) return `✗ ${counted}: ${differences} sums differ from the ledger; --repair puts them right`
  if (repaired > 0) return `✓ ${counted}: ${repaired} sums differed from the ledger and were put right`
  return `✓ ${counted}: sums equal the ledger`
}
