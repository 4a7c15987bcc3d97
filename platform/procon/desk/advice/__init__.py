"""Attendances that end at once: advice, referral, calculation."""
