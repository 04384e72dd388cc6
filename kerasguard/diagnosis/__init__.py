"""From an event to a diagnosis: the rules are asked, the repairs tried, the lines to show chosen, the model drawn."""
