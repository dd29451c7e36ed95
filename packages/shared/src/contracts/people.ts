import type { z } from 'zod'
import * as account from './account'
import type { Endpoint } from './endpoint'
import * as factors from './factors'
import * as invitations from './invitations'
import * as members from './members'
import * as owner from './owner'
import * as roles from './roles'
import * as sessions from './sessions'
import * as stepUp from './step-up'
import * as teams from './teams'

export const peopleTags = [
  { name: 'Members', description: 'People have a place in the organization, a role that says what they may do, and teams they work in.' },
  { name: 'Account', description: 'How a person signs in. The session is a cookie; there is no open sign-up.' },
  { name: 'Sessions', description: 'Where somebody is signed in, and how to end it.' },
] as const

export const peopleEndpoints: readonly Endpoint[] = [
  members.listMembers,
  members.getMember,
  members.updateMember,
  members.leaveOrganization,
  members.removeMember,
  invitations.listInvitations,
  invitations.createInvitation,
  invitations.revokeInvitation,
  invitations.acceptInvitation,
  teams.listTeams,
  teams.createTeam,
  teams.getTeam,
  teams.updateTeam,
  teams.deleteTeam,
  teams.addTeamMember,
  teams.removeTeamMember,
  roles.listRoles,
  owner.createOwner,
  account.signIn,
  account.signOut,
  account.getCurrentSession,
  account.changePassword,
  account.requestPasswordReset,
  account.resetPassword,
  factors.enableTotp,
  factors.verifyTotp,
  factors.verifyBackupCode,
  factors.disableTotp,
  factors.generateBackupCodes,
  factors.createPasskeyOptions,
  factors.registerPasskey,
  factors.createPasskeyChallenge,
  factors.signInWithPasskey,
  factors.listPasskeys,
  factors.deletePasskey,
  stepUp.stepUp,
  sessions.listSessions,
  sessions.endSession,
  sessions.switchOrganization,
]

export const pageEndpoints: readonly Endpoint[] = [owner.getWelcome, owner.getInvite, owner.getReset]

export const peopleRequestSchemas: Readonly<Record<string, z.ZodType>> = {
  UpdateMember: members.UpdateMember,
  CreateInvitation: invitations.CreateInvitation,
  AcceptInvitation: invitations.AcceptInvitation,
  CreateTeam: teams.CreateTeam,
  UpdateTeam: teams.UpdateTeam,
  CreateOwner: owner.CreateOwner,
  SignIn: account.SignIn,
  ChangePassword: account.ChangePassword,
  RequestPasswordReset: account.RequestPasswordReset,
  ResetPassword: account.ResetPassword,
  ConfirmPassword: factors.ConfirmPassword,
  VerifyTotp: factors.VerifyTotp,
  VerifyBackupCode: factors.VerifyBackupCode,
  RegisterPasskey: factors.RegisterPasskey,
  AuthenticatePasskey: factors.AuthenticatePasskey,
  DeletePasskey: factors.DeletePasskey,
  StepUp: stepUp.StepUp,
  SwitchOrganization: sessions.SwitchOrganization,
}

export const peopleResponseSchemas: Readonly<Record<string, z.ZodType>> = {
  Member: members.Member,
  MemberPage: members.MemberPage,
  Invitation: invitations.Invitation,
  CreatedInvitation: invitations.CreatedInvitation,
  AcceptedInvitation: invitations.AcceptedInvitation,
  InvitationPage: invitations.InvitationPage,
  Team: teams.Team,
  TeamPage: teams.TeamPage,
  RoleList: roles.RoleList,
  Owner: owner.Owner,
  SignedIn: account.SignedIn,
  CurrentSession: account.CurrentSession,
  Done: account.Done,
  EnabledTotp: factors.EnabledTotp,
  BackupCodes: factors.BackupCodes,
  Passkey: factors.Passkey,
  PasskeyList: factors.PasskeyList,
  PasskeyOptions: factors.PasskeyOptions,
  StepUpToken: stepUp.StepUpToken,
  Session: sessions.Session,
  SessionPage: sessions.SessionPage,
}
