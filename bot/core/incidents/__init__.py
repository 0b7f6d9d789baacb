"""What becomes of what was seen: from observations to incidents. Pure: values in, values out."""
