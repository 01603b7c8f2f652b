"""What artists and labels see behind the log-in: pages, forms, and who may open which.

Only URLs lead here. It decides nothing about a campaign: planning does.
"""
