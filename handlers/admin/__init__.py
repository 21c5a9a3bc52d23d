"""Admin, for the site owner alone: requests, people, rules, mails and the audit, a module for each."""
